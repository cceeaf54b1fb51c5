import Support

/// What a project's `.env` says for Compose itself, read as Compose reads it; no variable in a value is filled in.
struct DotEnv {
    private static let names: Set<Substring> = ["COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"]

    private var values: [String: String] = [:]

    /// - Parameter file: one that can't be read says nothing.
    init(file: String) {
        self.init(String(decoding: readFile(file, limit: 1 << 20) ?? [], as: UTF8.self))
    }

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let words = parts[0].split(whereSeparator: \.isWhitespace)
            guard parts.count == 2, let name = words.last, DotEnv.names.contains(name),
                words.count == 1 || words == ["export", name]
            else { continue }
            self.values[String(name)] = DotEnv.value(parts[1].drop(while: \.isWhitespace))
        }
    }

    /// The last one of the name.
    subscript(name: String) -> String? { self.values[name] }

    /// What is between quotes, or else up to a comment.
    private static func value(_ text: Substring) -> String {
        if let quote = text.first, quote == "'" || quote == "\"" {
            return String(text.dropFirst().prefix { $0 != quote })
        }
        let value = text.split(separator: " #", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return String(value.reversed().drop(while: \.isWhitespace).reversed())
    }
}
