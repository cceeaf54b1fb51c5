/// What the probes of the current run said so far.
struct ProbeHistory: Hashable {
    /// Probes that failed in a row, up to now.
    private(set) var failures = 0
    /// When the first of them began.
    private(set) var failingSince: Moment?
    private(set) var lastFailure: ProbeResult.Outcome?
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
        } else {
            self.failures += 1
            self.failingSince = self.failingSince ?? probe.began
            self.lastFailure = probe.outcome
            self.lastFailed = max(self.lastFailed ?? probe.began, probe.began)
            self.passingSince = nil
        }
    }

    /// Forgets failures that were caused by something else than the service, and keeps what it proved.
    mutating func forgive() {
        self.failures = 0
        self.failingSince = nil
        self.lastFailure = nil
        self.lastFailed = nil
    }
}
