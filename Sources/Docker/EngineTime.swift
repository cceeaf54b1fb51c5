/// A moment by the engine's wall clock, together with the text it came as.
///
/// The text tells one run of a container from the next: `docker restart` keeps the container's id but never its start
/// time, and the text keeps all of its nanoseconds.
public struct EngineTime: Hashable, Sendable, CustomStringConvertible {
    /// As the engine wrote it: RFC 3339 in inspect, seconds and nanoseconds since 1970 in events.
    public let text: String
    /// Nanoseconds since 1970-01-01T00:00:00Z, negative before it.
    public let nanosecondsSince1970: Int64

    public init(text: String, nanosecondsSince1970: Int64) {
        self.text = text
        self.nanosecondsSince1970 = nanosecondsSince1970
    }

    public var description: String { self.text }

    /// Seconds since 1970, for `Date(timeIntervalSince1970:)`; exact to about a microsecond.
    public var secondsSince1970: Double { Double(self.nanosecondsSince1970) / 1e9 }

    /// How long after `earlier` this is; negative when it is before it.
    public func duration(since earlier: EngineTime) -> Duration {
        .nanoseconds(self.nanosecondsSince1970 - earlier.nanosecondsSince1970)
    }
}

extension EngineTime: Comparable {
    public static func < (one: EngineTime, other: EngineTime) -> Bool {
        one.nanosecondsSince1970 < other.nanosecondsSince1970
    }
}
