/// A point on the watchdog's monotonic time line: the time since an origin that the caller fixes once.
///
/// Wall-clock time is for people and the journal only; a clock that is set back or forth changes no decision.
public struct Moment: Comparable, Hashable, Sendable, Codable {
    /// Time since the origin; negative for what happened before it.
    public let sinceOrigin: Duration

    public init(_ sinceOrigin: Duration) { self.sinceOrigin = sinceOrigin }

    public static func < (one: Moment, other: Moment) -> Bool { one.sinceOrigin < other.sinceOrigin }

    public static func + (moment: Moment, duration: Duration) -> Moment { Moment(moment.sinceOrigin + duration) }

    public static func - (moment: Moment, duration: Duration) -> Moment { Moment(moment.sinceOrigin - duration) }

    /// The time that passed from `earlier` to `later`.
    public static func - (later: Moment, earlier: Moment) -> Duration { later.sinceOrigin - earlier.sinceOrigin }
}
