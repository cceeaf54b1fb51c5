/// The wall clock's time as logs and answers print it: UTC to the millisecond, `2026-01-31T09:30:00.250Z` (RFC 3339).
/// For display only: that clock may jump.
public func utcNow() -> String { Timestamp.now.description }

extension Duration {
    /// The duration in milliseconds, to the microsecond, for logs and answers.
    public var milliseconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1000
    }
}
