import CLinux

/// Takes secrets out of text that is kept or shown: known values, and what looks like a secret by its place or its form.
///
/// Rather one word too many than one too few: what is taken out reads `[redacted]`. Works on bytes, once per kind, so that
/// a megabyte takes some milliseconds.
public struct Redactor: Sendable {
    /// Longest first, so that of two values of which one is part of the other nothing is left.
    private let secrets: [[UInt8]]

    /// What stands in the place of a secret.
    public static let mark = "[redacted]"

    /// - Parameter environment: lines `NAME=value`. The values of those whose name looks secret are taken out wherever they
    ///   stand, and so is the password of any URL among them.
    public init(environment: some Sequence<String> = []) {
        var secrets: Set<[UInt8]> = []
        for line in environment {
            guard let sign = line.firstIndex(of: "=") else { continue }
            let value = String(line[line.index(after: sign)...])
            if Redactor.isSecret(name: line[..<sign]) { secrets.insert(Array(value.utf8)) }
            for password in Redactor.passwords(in: Array(value.utf8)) {
                secrets.insert(Array(value.utf8)[password].map(\.self))
                if let plain = Redactor.percentDecoded(Array(value.utf8)[password]) { secrets.insert(plain) }
            }
        }
        // A text within JSON or quotes.
        for secret in secrets {
            let quoted = JSONValue.string(String(decoding: secret, as: UTF8.self)).text.utf8.dropFirst().dropLast()
            secrets.insert(Array(quoted))
        }
        // Shorter ones would take letters out of every word, and hide nothing that could not be guessed.
        self.secrets = secrets.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
    }

    /// Whether a setting of this name holds a secret: `ACCESS_TOKEN_SECRET`, `PGPASSWORD`, `apiKey` do, `PATH` does not.
    public static func isSecret(name: some StringProtocol) -> Bool {
        let name = name.uppercased().replacing("-", with: "_")
        return ["SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "CREDENTIAL", "PRIVATE", "COOKIE", "BEARER"]
            .contains(where: name.contains)
            || ["KEY", "PASS", "PWD", "AUTH", "AUTHORIZATION", "SALT", "DSN", "PGPASS"].contains { word in
                name == word || name.hasSuffix("_\(word)") || name.hasSuffix("API\(word)")
            }
    }

    /// `text` without its secrets.
    public func redact(_ text: String) -> String { String(decoding: self.redact(Array(text.utf8)), as: UTF8.self) }

    /// The same for bytes, which need be no UTF-8.
    public func redact(_ bytes: [UInt8]) -> [UInt8] {
        var found: [Range<Int>] = []
        for secret in self.secrets { found += Redactor.places(of: secret, in: bytes) }
        found += Redactor.passwords(in: bytes)
        found += Redactor.credentials(in: bytes)
        found += Redactor.assigned(in: bytes)
        found += Redactor.flagged(in: bytes)
        found += Redactor.tokens(in: bytes)
        return Redactor.without(found, bytes)
    }

    private static func without(_ ranges: [Range<Int>], _ bytes: [UInt8]) -> [UInt8] {
        guard !ranges.isEmpty else { return bytes }
        var (result, place) = ([UInt8](), 0)
        result.reserveCapacity(bytes.count)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > place {
            if range.lowerBound >= place {
                result += bytes[place..<range.lowerBound]
                result += Array(self.mark.utf8)
            }
            place = range.upperBound
        }
        return result + bytes[place...]
    }

    // MARK: Finding

    private static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        var places: [Range<Int>] = []
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return }
            var begin = 0
            while begin < all.count, let hit = linux_memmem(base + begin, all.count - begin, needle, needle.count) {
                let place = hit - base
                places.append(place..<place + needle.count)
                begin = place + needle.count
            }
        }
        return places
    }

    /// `PASSWORD` in `scheme://user:PASSWORD@host`.
    private static func passwords(in bytes: [UInt8]) -> [Range<Int>] {
        self.places(of: Array("://".utf8), in: bytes).compactMap { scheme in
            var end = scheme.upperBound
            var (colon, at): (Int?, Int?) = (nil, nil)
            while end < bytes.count, end - scheme.upperBound < 4_096, !self.endsAuthority(bytes[end]) {
                if bytes[end] == UInt8(ascii: ":"), colon == nil { colon = end }
                if bytes[end] == UInt8(ascii: "@") { at = end }
                end += 1
            }
            guard let colon, let at, colon + 1 < at else { return nil }
            return colon + 1..<at
        }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte <= 0x20
            || [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0x22, 0x27, 0x3C, 0x3E].contains(byte)
    }

    /// What follows `Bearer ` or `Basic `.
    private static func credentials(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        // "Basic" is also a word, "bearer" hardly.
        for (scheme, length) in [("bearer", 6), ("basic", 12)] {
            for place in self.words(scheme, in: bytes) {
                var begin = place.upperBound
                while begin < bytes.count, bytes[begin] == 0x20 || bytes[begin] == 0x09 { begin += 1 }
                // Asked first: a text of nothing but this word would be read to its end from each of them.
                guard begin > place.upperBound else { continue }
                let end = self.end(ofToken: begin, in: bytes)
                if end - begin >= length { found.append(begin..<end) }
            }
        }
        return found
    }

    /// The value in `NAME=value`, `NAME: value` and `"NAME":"value"`, where the name looks secret.
    private static func assigned(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        /// Where the last value without quotes ends: whatever begins within it ends there too.
        var plainEnd = 0
        for sign in bytes.indices where bytes[sign] == UInt8(ascii: "=") || bytes[sign] == UInt8(ascii: ":") {
            var end = sign
            while end > 0, [0x22, 0x27, 0x5C, 0x20].contains(bytes[end - 1]), sign - end < 3 { end -= 1 }
            var begin = end
            while begin > 0, self.isName(bytes[begin - 1]), end - begin < 64 { begin -= 1 }
            guard begin < end, self.isSecret(name: String(decoding: bytes[begin..<end], as: UTF8.self)) else {
                continue
            }
            var value = sign + 1
            while value < bytes.count, [0x20, 0x5C].contains(bytes[value]) { value += 1 }
            let isQuoted = value < bytes.count && self.isQuote(bytes[value])
            guard isQuoted || value >= plainEnd else { continue }
            let stop = self.end(ofValue: &value, in: bytes)
            if !isQuoted { plainEnd = stop }
            if stop > value { found.append(value..<stop) }
        }
        return found
    }

    /// The value in `--NAME value`, `-NAME value` and `"--NAME","value"`, where the name looks secret.
    private static func flagged(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var end = 0
        while let begin = bytes[end...].firstIndex(where: self.isName) {
            end = bytes[begin...].firstIndex { !self.isName($0) } ?? bytes.count
            guard bytes[begin] == UInt8(ascii: "-") else { continue }
            let name = bytes[begin..<end].drop { $0 == UInt8(ascii: "-") }
            let isQuoted = begin > 0 && self.isQuote(bytes[begin - 1])
            guard self.isSecret(name: String(decoding: name, as: UTF8.self)),
                var value = self.begin(ofWordAfter: end, isQuoted: isQuoted, in: bytes)
            else { continue }
            let stop = self.end(ofValue: &value, in: bytes)
            if stop > value { found.append(value..<stop) }
        }
        return found
    }

    /// Where the next word begins, or the next string of a JSON array behind one that is quoted; nil where none does.
    private static func begin(ofWordAfter end: Int, isQuoted: Bool, in bytes: [UInt8]) -> Int? {
        var place = end
        func skip(_ skipped: (UInt8) -> Bool) { while place < bytes.count, skipped(bytes[place]) { place += 1 } }
        if isQuoted { skip { $0 == 0x5C || self.isQuote($0) } }
        let gap = place
        skip { $0 == 0x20 || $0 == 0x09 }
        if isQuoted, place < bytes.count, bytes[place] == UInt8(ascii: ",") {
            place += 1
            skip { $0 <= 0x20 || $0 == 0x5C }
            return place < bytes.count && self.isQuote(bytes[place]) ? place : nil
        }
        guard place > gap else { return nil }
        skip { $0 == 0x5C }
        return place
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 }

    /// - Parameter begin: moved behind the quote, where there is one.
    private static func end(ofValue begin: inout Int, in bytes: [UInt8]) -> Int {
        guard begin < bytes.count else { return begin }
        let isQuoted = self.isQuote(bytes[begin])
        let quote = bytes[begin]
        // In JSON within JSON a backslash stands before the quotes; elsewhere it stands before what is no end.
        let isNested = isQuoted && begin > 0 && bytes[begin - 1] == 0x5C
        if isQuoted { begin += 1 }
        var end = begin
        while end < bytes.count, bytes[end] != 0x0A {
            if isQuoted, bytes[end] == quote { break }
            if isQuoted, bytes[end] == 0x5C {
                if isNested { break }
                end += 1
            }
            if !isQuoted, self.endsValue(bytes[end]) { break }
            end += 1
        }
        return min(end, bytes.count)
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        byte <= 0x20
            || [0x22, 0x27, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "}")].contains(byte)
    }

    /// Tokens that are known by their beginning.
    private static func tokens(in bytes: [UInt8]) -> [Range<Int>] {
        let beginnings = [
            "eyJ", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "AKIA", "xoxb-", "xoxp-", "sk_live_", "sk-", "AIza",
            "rnd_", "npm_",
        ]
        return beginnings.flatMap { beginning in
            var end = 0
            return self.places(of: Array(beginning.utf8), in: bytes).compactMap { place -> Range<Int>? in
                if place.lowerBound < end || place.lowerBound > 0 && self.isName(bytes[place.lowerBound - 1]) {
                    return nil
                }
                end = self.end(ofToken: place.lowerBound, in: bytes)
                return end - place.lowerBound >= 20 ? place.lowerBound..<end : nil
            }
        }
    }

    private static func end(ofToken begin: Int, in bytes: [UInt8]) -> Int {
        var end = begin
        while end < bytes.count, self.isName(bytes[end]) || "+/=.~-".utf8.contains(bytes[end]) { end += 1 }
        return end
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The places of a word of small letters, in any case.
    private static func words(_ word: String, in bytes: [UInt8]) -> [Range<Int>] {
        let word = Array(word.utf8)
        guard let first = word.first, bytes.count >= word.count else { return [] }
        return (0...bytes.count - word.count).compactMap { place in
            guard bytes[place] | 0x20 == first, zip(bytes[place...], word).allSatisfy({ $0 | 0x20 == $1 }) else {
                return nil
            }
            return place..<place + word.count
        }
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.contains(UInt8(ascii: "%")) else { return nil }
        var (result, rest) = ([UInt8](), bytes)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
