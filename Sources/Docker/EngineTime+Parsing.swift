extension EngineTime {
    /// Reads RFC 3339 with up to nine digits of fraction and any offset.
    ///
    /// Nil for what the engine writes for "never" (`0001-01-01T00:00:00Z` or nothing), for anything malformed, and for
    /// years that do not fit (before 1678, after 2261).
    init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), (1...12).contains(month), scanner.skip("-"),
            let day = scanner.number(digits: 2), (1...31).contains(day), scanner.skip("T") || scanner.skip("t"),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.skip(":"),
            // 60 in a leap second.
            let second = scanner.number(digits: 2), second <= 60,
            (1678...2261).contains(year)
        else { return nil }
        var nanoseconds: Int64 = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction() else { return nil }
            nanoseconds = fraction
        }
        guard let offset = scanner.offsetSeconds(), scanner.isAtEnd else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(text: text, nanosecondsSince1970: seconds * 1_000_000_000 + nanoseconds)
    }

    /// Counts years from March, so that the leap day is the last of its year (Howard Hinnant's `days_from_civil`).
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads the parts of a time one after the other.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { self.rest = text[...].utf8 }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = self.rest.first, UInt32(first) == character.value else { return false }
        self.rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        let part = self.rest.prefix(digits)
        guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.rest = self.rest.dropFirst(digits)
        return Int64(String(decoding: part, as: UTF8.self))
    }

    /// A fraction of a second in nanoseconds; digits behind the ninth are dropped.
    mutating func fraction() -> Int64? {
        let digits = self.rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        self.rest = self.rest.dropFirst(digits.count)
        let nine = String(decoding: digits.prefix(9), as: UTF8.self)
        return Int64(nine + String(repeating: "0", count: 9 - nine.utf8.count))
    }

    /// `Z`, `+hh:mm` or `-hh:mm`.
    mutating func offsetSeconds() -> Int64? {
        if self.skip("Z") || self.skip("z") { return 0 }
        let isEast = self.skip("+")
        guard isEast || self.skip("-") else { return nil }
        guard let hours = self.number(digits: 2), self.skip(":"), let minutes = self.number(digits: 2) else {
            return nil
        }
        return (isEast ? 1 : -1) * (hours * 3_600 + minutes * 60)
    }
}
