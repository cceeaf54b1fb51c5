import EventLoop

/// When a call of several requests must be over.
struct Deadline {
    private let end: SuspendingClock.Instant

    init(after limit: Duration) { self.end = Loop.now.advanced(by: limit) }

    /// What is left of the time; zero when it is up.
    var remaining: Duration { max(.zero, Loop.now.duration(to: self.end)) }
}
