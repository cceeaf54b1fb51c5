import Docker

/// What a client saw of a swap: the longest time without a good answer. A value: no clock, no I/O.
struct GapRecord {
    /// From a good answer to the next one after something else, or to the end where none came.
    private(set) var longest = Duration.zero
    private var lastGood: SuspendingClock.Instant?
    private var hasFailed = false
    /// Whether the longest was still going on at the end.
    private var isOpen = false
    private var requests = 0
    private var failures = 0

    var hasFailures: Bool { self.failures > 0 }

    /// An empty one that knows when the last good answer came, and whether a gap is going on.
    var successor: GapRecord {
        var record = GapRecord()
        record.lastGood = self.lastGood
        record.hasFailed = self.hasFailed
        return record
    }

    mutating func hear(_ outcome: ProbeOutcome, at now: SuspendingClock.Instant) {
        self.requests += 1
        guard case .answered(let status, _) = outcome, (200..<400).contains(status) else {
            self.failures += 1
            self.hasFailed = true
            return
        }
        if let lastGood, self.hasFailed { self.longest = max(self.longest, lastGood.duration(to: now)) }
        self.lastGood = now
        self.hasFailed = false
    }

    /// - Returns: for a person; nil where nothing answered at any time.
    mutating func end(at now: SuspendingClock.Instant, url: String) -> String? {
        guard let lastGood = self.lastGood else { return nil }
        guard self.failures > 0 else { return "no request of \(self.requests) failed on \(url)" }
        if self.hasFailed, lastGood.duration(to: now) > self.longest {
            self.longest = lastGood.duration(to: now)
            self.isOpen = true
        }
        return "gap seen on \(url): \(self.isOpen ? "at least " : "")\(Int(self.longest.milliseconds)) ms, "
            + "\(self.failures) of \(self.requests) requests failed"
    }
}
