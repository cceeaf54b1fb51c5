/// What the probes of the current run said so far.
struct ProbeHistory: Hashable {
    /// Probes that failed in a row, up to now.
    private(set) var failures = 0
    /// When the first of them began.
    private(set) var failingSince: Moment?
    private(set) var lastFailure: ProbeResult.Outcome?
    /// How many of the latest in a row were refused, and when the first of those began.
    private(set) var refusals = 0
    private(set) var refusedSince: Moment?
    /// When the first probe of the present row of good ones began.
    private(set) var passingSince: Moment?
    /// When the latest good probe began.
    private(set) var lastPass: Moment?
    /// Why the latest probe could not run, if it could not.
    private(set) var inconclusive: String?

    /// When the latest failed probe began.
    private(set) var lastFailed: Moment?

    /// Whether the latest probe ran and passed.
    var isPassing: Bool { self.passingSince != nil && self.inconclusive == nil }
    /// Whether any probe of this run passed.
    var hasPassed: Bool { self.lastPass != nil }

    mutating func add(_ probe: ProbeResult) {
        if case .inconclusive(let reason) = probe.outcome {
            self.inconclusive = reason
            return
        }
        self.inconclusive = nil
        // Probes may overlap. One that began before the latest good one tells of an older time.
        if let lastPass = self.lastPass, probe.began < lastPass { return }
        if case .passed = probe.outcome {
            self.passingSince = self.passingSince ?? probe.began
            self.lastPass = probe.began
            self.failures = 0
            self.failingSince = nil
            self.lastFailure = nil
            self.endRefusals()
        } else {
            self.failures += 1
            self.failingSince = self.failingSince ?? probe.began
            self.lastFailure = probe.outcome
            self.lastFailed = max(self.lastFailed ?? probe.began, probe.began)
            self.passingSince = nil
            if case .refused = probe.outcome {
                self.refusals += 1
                self.refusedSince = self.refusedSince ?? probe.began
            } else {
                self.endRefusals()
            }
        }
    }

    private mutating func endRefusals() {
        self.refusals = 0
        self.refusedSince = nil
    }

    /// Forgets how it was up to now, but not that it once answered.
    mutating func forgive() {
        self.failures = 0
        self.failingSince = nil
        self.lastFailure = nil
        self.lastFailed = nil
        self.passingSince = nil
        self.endRefusals()
    }
}
