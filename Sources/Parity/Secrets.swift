import Glibc

/// What looks like a secret. Made so that this repository and others like it give no false alarm: what reads like a
/// placeholder, a variable or a word is none.
enum Secrets {
    // MARK: Names

    private static let secretWords = [
        "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "SERVICE_KEY",
        "ACCESS_KEY", "SIGNING_KEY", "ENCRYPTION_KEY", "CREDENTIAL",
    ]
    private static let plainEndings = [
        "_FILE", "_PATH", "_URL", "_ID", "_NAME", "_TTL", "_SECONDS", "_MINUTES", "_DAYS", "_EXPIRY", "_LENGTH",
        "_BITS",
        "_ALGORITHM", "_ISSUER", "_AUDIENCE", "_COUNT", "_LIMIT",
    ]

    /// Whether a setting of this name holds a secret: `ACCESS_TOKEN_SECRET` does, `TOKEN_TTL` does not.
    static func isSecret(name: String) -> Bool {
        let name = name.uppercased().replacing("-", with: "_")
        guard !self.plainEndings.contains(where: name.hasSuffix) else { return false }
        return self.secretWords.contains(where: name.contains) || name.hasSuffix("PGPASS")
    }

    // MARK: Values

    private static let placeholders = [
        "example", "changeme", "change-me", "change_me", "placeholder", "your-", "your_", "dummy", "redacted", "insert",
        "replace", "todo", "xxxx", "****", "....", "…", "test", "fake", "sample",
    ]

    /// Whether `value` may be meant: no variable, no command, no placeholder, not too short to be a secret.
    static func isMeant(_ value: String) -> Bool {
        guard value.count >= 8, !value.contains("$"), !value.contains("<"), !value.contains("{") else { return false }
        let small = value.lowercased()
        return !self.placeholders.contains(where: small.contains)
            && !["password", "secret", "postgres", "undefined", "disabled"].contains(small)
    }

    /// Beginnings of well-known tokens, and how many letters and digits follow at least.
    private static let tokens: [(name: String, prefix: String, length: Int)] = [
        ("a GitHub token", "ghp_", 36), ("a GitHub token", "gho_", 36), ("a GitHub token", "ghs_", 36),
        ("a GitHub token", "github_pat_", 40), ("a GitLab token", "glpat-", 20), ("an AWS key", "AKIA", 16),
        ("a Slack token", "xoxb-", 20), ("a Slack token", "xoxp-", 20), ("a Stripe key", "sk_live_", 20),
        ("a Google key", "AIza", 35), ("a Render key", "rnd_", 24), ("an npm token", "npm_", 36),
        ("a signed token (JWT)", "eyJ", 60),
    ]

    // MARK: Lines

    /// The kind that is no more than a guess.
    static let guess = "a random token"

    /// What a line of any text file shows: the kind of secret, without its value. Nil for nothing.
    static func inLine(_ line: Substring) -> String? {
        self.passwordInURL(line) ?? self.token(line)
    }

    /// `NAME=value`, `NAME: value` or `"NAME": "value"` with a secret's name and a value that is meant.
    static func inAssignment(_ line: Substring) -> String? {
        var rest = line.drop { $0.isWhitespace || $0 == "-" }
        for prefix in ["export ", "ENV ", "ARG ", "set "] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        rest = rest.drop { $0 == "\"" || $0 == "'" }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == "-" }
        rest = rest[name.endIndex...].drop { $0 == "\"" || $0 == "'" || $0.isWhitespace }
        guard !name.isEmpty, rest.first == "=" || rest.first == ":" else { return nil }
        let value = rest.dropFirst().drop(while: \.isWhitespace).prefix { $0 != "#" && $0 != "," }
        let bare = value.filter { $0 != "\"" && $0 != "'" && !$0.isWhitespace }
        // Several words are a text for people, and a call or a path is code.
        guard !bare.contains(where: { "()/;|&".contains($0) }), value.split(separator: " ").count == 1 else {
            return nil
        }
        return self.isSecret(name: String(name)) && self.isMeant(bare) ? "the value of \(name)" : nil
    }

    /// Whether a private key in PEM begins at `index`: its head, and a line of base64.
    static func isPrivateKey(_ lines: [Substring], at index: Int) -> Bool {
        let head = lines[index].drop(while: \.isWhitespace)
        guard head.hasPrefix("-----BEGIN "), head.contains("PRIVATE KEY-----"), index + 1 < lines.count else {
            return false
        }
        let body = lines[index + 1].filter { !$0.isWhitespace && $0 != "\"" }
        return body.count >= 32 && body.allSatisfy { self.isBase64($0) }
    }

    private static func passwordInURL(_ line: Substring) -> String? {
        var rest = line
        while let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !$0.isWhitespace && !"/?#\"'`<>)".contains($0) }
            guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
                continue
            }
            let password = String(authority[authority.index(after: colon)..<at])
            // A password for this machine alone opens nothing elsewhere.
            let host = authority[authority.index(after: at)...].prefix { $0 != ":" }
            let isLocal = ["localhost", "127.0.0.1", "[", "db"].contains(String(host)) || host.hasSuffix(".invalid")
            if !isLocal, self.isMeant(password), !password.contains("\\") { return "a password in a URL" }
        }
        return nil
    }

    private static func token(_ line: Substring) -> String? {
        // At an equals sign too, which only pads what is before it, so that the value in `NAME=value` is seen.
        for word in line.split(whereSeparator: { $0 == "=" || !self.isBase64($0) && !"-_.".contains($0) }) {
            guard word.count >= 20 else { continue }
            for token in self.tokens where word.hasPrefix(token.prefix) {
                let body = word.dropFirst(token.prefix.count)
                if body.count >= token.length, self.isRandom(body, threshold: 3) { return token.name }
            }
            if word.count >= 32, word.count <= 512, self.isRandom(word, threshold: 4.2), self.isMeant(String(word)) {
                return self.guess
            }
        }
        return nil
    }

    private static func isBase64(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber) || "+/=".contains(character)
    }

    /// Whether letters and digits are mixed as chance mixes them: capitals, small letters and digits in more than a few
    /// places, changing often, and many different ones. Names in camel case change seldom; hashes in hexadecimal, which
    /// are in many files and no secrets, have no capitals.
    private static func isRandom(_ word: Substring, threshold: Double) -> Bool {
        var counts: [UInt8: Int] = [:]
        var kinds = [0, 0, 0]
        var changes = 0
        var previous = -1
        for byte in word.utf8 {
            counts[byte, default: 0] += 1
            let kind =
                switch byte {
                case 0x30...0x39: 0
                case 0x41...0x5A: 1
                case 0x61...0x7A: 2
                default: -1
                }
            if kind >= 0 { kinds[kind] += 1 }
            if kind != previous { changes += 1 }
            previous = kind
        }
        let total = Double(word.utf8.count)
        // Shannon's entropy in bits for each character.
        let entropy = counts.values.reduce(0.0) { sum, count in
            let share = Double(count) / total
            return sum - share * log2(share)
        }
        let isMixed = kinds.filter { $0 >= 2 }.count >= 3 || kinds.filter { $0 >= 4 }.count >= 2 && threshold < 4
        return isMixed && entropy >= threshold && Double(changes) / total >= 0.4
    }
}
