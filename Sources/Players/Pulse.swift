import EventLoop

/// The longest time without something that ought to happen all the time.
@Loop
final class Pulse {
    private var last: SuspendingClock.Instant?
    private(set) var longestPause = Duration.zero

    nonisolated init() {}

    /// It happens now.
    func beat() {
        let now = Loop.now
        if let last { self.longestPause = max(self.longestPause, last.duration(to: now)) }
        self.last = now
    }

    /// From here on it need not happen any more.
    func end() {
        self.beat()
        self.last = nil
    }
}
