/// As much of the shell's and Compose's way with text as healthchecks need.
enum ShellText {
    /// Splits a command line into words; quotes hold words together and are taken off, a backslash guards one character.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isGuarded = false
        for character in line {
            if isGuarded {
                word = (word ?? "") + String(character)
                isGuarded = false
            } else if character == "\\", quote != "'" {
                isGuarded = true
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }

    /// Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `${NAME:?text}`.
    ///
    /// - Parameter value: what a name stands for; nil where that is not known, and the default counts.
    /// - Returns: nil when a variable has neither a value nor a default.
    static func expanded(_ text: String, _ value: (String) -> String?) -> String? {
        var result = ""
        var rest = Substring(text)
        while let sign = rest.firstIndex(of: "$") {
            result += rest[..<sign]
            rest = rest[rest.index(after: sign)...]
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { return nil }
                let body = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                let name = body.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                let operation = body[name.endIndex...]
                if let known = value(String(name)) {
                    result += known
                } else if operation.hasPrefix(":-") {
                    result += operation.dropFirst(2)
                } else if operation.hasPrefix("-") {
                    result += operation.dropFirst()
                } else {
                    return nil
                }
            } else {
                let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
                rest = rest[name.endIndex...]
                guard !name.isEmpty else {
                    result += "$"
                    continue
                }
                guard let known = value(String(name)) else { return nil }
                result += known
            }
        }
        return result + rest
    }

    /// Whether a shell would replace something in `text`.
    static func hasVariable(_ text: String) -> Bool {
        var previous: Character?
        for character in text {
            if previous == "$", character == "{" || character == "_" || character.isLetter { return true }
            previous = character
        }
        return false
    }
}
