import EventLoop
public import Healing
public import Support

/// Translates between the wall clock, which the engine and the journal speak, and the monotonic moments that decisions
/// are made of.
public struct Timeline: Sendable {
    private let origin = SuspendingClock.now

    public init() {}

    public var now: Moment { Moment(self.origin.duration(to: SuspendingClock.now)) }

    /// The moment at which the wall clock showed `time`, as far as it was not set since. What lies in the future by a
    /// clock that was set back counts as now.
    public func moment(of time: Timestamp) -> Moment {
        self.now - max(.zero, Timestamp.now - time)
    }

    /// What the wall clock showed, or will show, at `moment`.
    public func timestamp(of moment: Moment) -> Timestamp {
        let (seconds, attoseconds) = (moment - self.now).components
        return Timestamp(
            nanoseconds: Timestamp.now.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
