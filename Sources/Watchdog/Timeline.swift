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
        // The earlier reading would do, but for a machine so busy that this stops between the two clocks.
        var before = self.now
        var wall = Timestamp.now
        for _ in 0..<5 where self.now - before > .milliseconds(1) {
            before = self.now
            wall = Timestamp.now
        }
        return before - max(.zero, wall - time)
    }

    /// What the wall clock showed, or will show, at `moment`.
    public func timestamp(of moment: Moment) -> Timestamp {
        let (seconds, attoseconds) = (moment - self.now).components
        return Timestamp(
            nanoseconds: Timestamp.now.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
