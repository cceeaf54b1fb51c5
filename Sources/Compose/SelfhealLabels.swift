/// The labels by which a service says how it is to be watched and deployed.
public enum SelfhealLabels {
    /// Whether the service is looked after; `true` where it is missing.
    public static let enable = "selfheal.enable"
    /// What is asked from inside the container.
    public static let healthURL = "selfheal.health-url"
    /// Between two looks at the service.
    public static let interval = "selfheal.interval"
    /// How long the health URL may take.
    public static let timeout = "selfheal.timeout"
    /// After how many failed probes in a row it is bad.
    public static let retries = "selfheal.retries"
    /// How long it may take from its start to its first good answer.
    public static let startPeriod = "selfheal.start-period"
    /// For a proxy: the service whose port it holds and whose containers it finds by itself.
    public static let front = "selfheal.front"
    /// The command, in words, that brings its data up to date, run with the new image before anything is replaced.
    public static let migrate = "selfheal.migrate"
    /// The command that prints as SQL what ``migrate`` would do; looked through before.
    public static let pending = "selfheal.migrate.pending"
    /// Whether two of it must never run at the same time.
    public static let alone = "selfheal.alone"
    /// On a container that never starts: the project for whose rollbacks it keeps its image.
    public static let keep = "selfheal.keep"

    /// All that mean anything on a service.
    public static let ofServices = [
        enable, healthURL, interval, timeout, retries, startPeriod, front, migrate, pending, alone,
    ]

    /// The names among `labels` that begin like ours and mean nothing, each with the one that may have been meant.
    public static func unknown(in labels: some Collection<String>) -> [(name: String, meant: String?)] {
        labels.filter { $0.lowercased().hasPrefix("selfheal.") && !self.ofServices.contains($0) && $0 != self.keep }
            .sorted().map { name in (name, self.nearest(to: name)) }
    }

    /// The label that differs from `name` in the fewest letters: half of them at most, or it is none at all.
    private static func nearest(to name: String) -> String? {
        let word = Array(name.lowercased().dropFirst("selfheal.".count))
        let candidates = self.ofServices.map { label in
            (label: label, distance: self.distance(word, Array(label.dropFirst("selfheal.".count))))
        }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= (word.count + 1) / 2 ? best.label : nil
    }

    /// How many letters must be put in, taken out or changed to make the one of the other (Levenshtein).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, otherLetter) in other.enumerated() {
                let change = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
