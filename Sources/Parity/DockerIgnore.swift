/// A `.dockerignore`: which files stay out of the build context.
struct DockerIgnore {
    private let patterns: [(pattern: [Character], isException: Bool)]

    init(_ text: String) {
        self.patterns = text.split { $0 == "\n" || $0 == "\r\n" }.compactMap { line in
            var pattern = line.filter { !$0.isWhitespace }[...]
            guard !pattern.isEmpty, !pattern.hasPrefix("#") else { return nil }
            let isException = pattern.hasPrefix("!")
            if isException { pattern.removeFirst() }
            while pattern.hasPrefix("/") { pattern.removeFirst() }
            return (Array(pattern), isException)
        }
    }

    /// Whether a file in the context's own folder is left out. The last pattern that matches decides.
    func excludes(_ name: String) -> Bool {
        let name = Array(name)
        guard let last = self.patterns.last(where: { Self.matches($0.pattern[...], name[...]) }) else { return false }
        return !last.isException
    }

    private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        // `**/` stands for any folders, none too.
        if pattern.starts(with: "**/"), self.matches(pattern.dropFirst(3), name) { return true }
        guard let first = pattern.first else { return name.isEmpty }
        switch first {
        case "*":
            let rest = pattern.drop { $0 == "*" }
            return (name.startIndex...name.endIndex).contains { self.matches(rest, name[$0...]) }
        case "?": return !name.isEmpty && self.matches(pattern.dropFirst(), name.dropFirst())
        default: return name.first == first && self.matches(pattern.dropFirst(), name.dropFirst())
        }
    }
}
