import Glibc

/// The wall clock's time as logs and answers print it: UTC to the millisecond, `2026-01-31T09:30:00.250Z` (RFC 3339).
/// For display only: that clock may jump.
public func utcNow() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return utcText(time)
}

func utcText(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ value: Int32, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        + "T\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        + ".\(digits(Int32(time.tv_nsec / 1_000_000), 3))Z"
}

extension Duration {
    /// The duration in milliseconds, to the microsecond, for logs and answers.
    public var milliseconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1000
    }
}
