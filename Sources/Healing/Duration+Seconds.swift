extension Duration {
    /// Seconds with at most three digits behind the point: "5s", "2.93s".
    public var seconds: String {
        let (whole, attoseconds) = self.components
        let milliseconds = whole * 1_000 + attoseconds / 1_000_000_000_000_000
        let sign = milliseconds < 0 ? "-" : ""
        var fraction = String(milliseconds.magnitude % 1_000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(sign)\(milliseconds.magnitude / 1_000)\(fraction.isEmpty ? "" : ".")\(fraction)s"
    }

    /// Reads what ``seconds`` wrote; nil for anything else.
    public init?(seconds text: String) {
        guard text.last == "s", let value = Double(text.dropLast()), value.isFinite, abs(value) < 1e9 else {
            return nil
        }
        self = .milliseconds(Int64((value * 1_000).rounded()))
    }
}
