import EventLoop

/// Decides from looks at regular times whether the loop is stuck. A value: no clock, no thread.
///
/// Only looks in time count: when the looking thread itself did not run, the machine was suspended or the process was
/// stopped (a debugger, `SIGSTOP`, a frozen cgroup), and the loop could not run either.
struct HeartbeatJudge {
    /// Looks per limit. A stall is seen within the limit and a quarter of it.
    static let looksPerLimit = 4

    /// Time between two looks.
    let period: Duration
    private var last: (progress: Loop.Progress, at: ContinuousClock.Instant)?
    /// Looks in a row at one unfinished turn.
    private var stuckLooks = 0

    init(limit: Duration) {
        self.period = limit / Self.looksPerLimit
    }

    /// True when the turn seen now has lasted for the limit, while this was watched without a gap.
    mutating func isStalled(_ progress: Loop.Progress, at now: ContinuousClock.Instant) -> Bool {
        let last = self.last
        self.last = (progress, now)
        guard !progress.isIdle, let last, last.progress == progress, last.at.duration(to: now) < self.period * 2 else {
            self.stuckLooks = 0
            return false
        }
        self.stuckLooks += 1
        return self.stuckLooks >= Self.looksPerLimit
    }
}
