/// A token bucket for each key, in bounded memory: at most `burst` at once, and one more each `interval`.
///
/// A bucket is kept as the moment at which it is full again (the generic cell rate algorithm, ITU-T I.371): nothing has to
/// be refilled, and one that is full needs no place at all. A value: time comes in as an argument.
struct TokenBuckets<Key: Hashable & Sendable>: Sendable {
    typealias Moment = SuspendingClock.Instant

    /// What one request may do, and what its client is told.
    struct Verdict: Sendable, Hashable {
        let isAllowed: Bool
        /// How many more would be allowed right now.
        let left: Int
        /// How long until one more is allowed than now.
        let wait: Duration
    }

    let burst: Int
    private let interval: Duration
    private let keysMost: Int
    /// When each bucket is full again. Those asked for lately are in `young`. When it is half of what may be kept, it
    /// becomes `old`, and what was old is forgotten: the buckets that were not used for longest, of which most are full.
    private var young: [Key: Moment] = [:]
    private var old: [Key: Moment] = [:]

    /// - Parameter keysMost: so many buckets are remembered at most, at least 2. Whoever comes with more keys than that has
    ///   as many budgets anyway.
    init(burst: Int, interval: Duration, keysMost: Int = 100_000) {
        self.burst = burst
        self.interval = interval
        self.keysMost = keysMost
    }

    /// How long a whole bucket takes to fill.
    var window: Duration { self.interval * self.burst }

    /// How many buckets are remembered.
    var count: Int { self.young.count + self.old.count }

    /// Takes one token of the bucket of `key`, when there is one.
    mutating func take(_ key: Key, at now: Moment) -> Verdict {
        let full = max(now, self.young[key] ?? self.old[key] ?? now)
        let next = full.advanced(by: self.interval)
        // Taken now, it would be full this much later; a bucket has no more than its window.
        let debt = now.duration(to: next)
        guard debt <= self.window else {
            // Somebody who goes on asking must not be forgotten for it.
            self.remember(key, full)
            return Verdict(isAllowed: false, left: 0, wait: debt - self.window)
        }
        self.remember(key, next)
        let left = Int((self.window - debt) / self.interval)
        return Verdict(isAllowed: true, left: left, wait: debt - self.interval * (self.burst - left - 1))
    }

    private mutating func remember(_ key: Key, _ moment: Moment) {
        self.old[key] = nil
        self.young[key] = moment
        guard self.young.count >= self.keysMost / 2 else { return }
        self.old = self.young
        self.young = [:]
    }
}
