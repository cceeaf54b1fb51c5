extension Duration {
    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3_600e9, "d": 86_400e9, "w": 604_800e9,
    ]

    /// Reads a duration as Compose files have it: `1m30s`, `1.5s`, `500ms`. Nil for anything else, a bare number too.
    public init?(compose text: String) {
        var rest = Substring(text)
        var nanoseconds = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            guard let number = Double(digits), let factor = Self.units[String(unit)] else { return nil }
            nanoseconds += number * factor
        }
        guard nanoseconds < 9e18 else { return nil }
        self = .nanoseconds(Int64(nanoseconds.rounded()))
    }
}
