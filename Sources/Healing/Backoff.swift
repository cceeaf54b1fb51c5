/// The least time between two attempts to heal one service.
///
/// With the defaults: 5, 10, 20, 40 s after the 1st to 4th attempt, 60 s after every later one. There is no jitter: one
/// watchdog heals one project on one machine, there is no crowd to spread.
public struct Backoff: Hashable, Sendable, Codable {
    public var base: Duration
    public var max: Duration

    public init(base: Duration = .seconds(5), max: Duration = .seconds(60)) {
        self.base = base
        self.max = max
    }

    /// How long after attempt number `attempt` (from 1) the next one may begin; zero when there was none.
    public func delay(afterAttempt attempt: Int) -> Duration {
        guard attempt > 0 else { return .zero }
        var delay = self.base
        for _ in 1..<attempt {
            guard delay < self.max else { break }
            delay *= 2
        }
        return Swift.min(delay, self.max)
    }
}
