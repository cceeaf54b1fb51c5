/// How long to wait between attempts: doubling from `first` to `most`, each time a little different, so that programs
/// which lost the same server do not come back in step.
public struct Backoff: Sendable {
    /// After the first failure.
    public let first: Duration
    /// After many.
    public let most: Duration
    private var failures = 0

    /// Without a failure so far. `most` is not below `first`.
    public init(first: Duration, most: Duration) {
        self.first = first
        self.most = most
    }

    /// The wait after one more failure. With 50 ms and 500 ms: 50, 100, 200, 400, 500, 500 … ms, each ± 20 %.
    public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        // Beyond 2^20 any sensible range is exhausted.
        let delay = min(self.most, self.first * (1 << min(self.failures, 20)))
        self.failures += 1
        return delay * Double.random(in: 0.8...1.2, using: &random)
    }
}
