/// How alike two names are.
enum Similarity {
    /// The name that `name` is most likely a slip of; nil when none is near.
    static func nearest(to name: String, in names: some Sequence<String>) -> String? {
        names.map { ($0, self.distance(Array(name.lowercased()), Array($0.lowercased()))) }
            .filter { $0.1 <= max(1, name.count / 4) }
            .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// How many letters have to be put in, left out or changed (Levenshtein's distance).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        // Longer than any name that is known: nothing to be alike to, and the table would be large.
        guard one.count <= 64 else { return 64 }
        var row = Array(0...other.count)
        for (i, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, candidate) in other.enumerated() {
                let change = diagonal + (character == candidate ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[other.count]
    }
}
