import Docker

/// Watches a new version for a while after it proved itself: a value that is told what is seen.
struct ProbationJudge {
    /// So many probes in a row must fail, or this share of at least ``sampleMin``, before it counts.
    private static let failuresMax = 3
    private static let errorShareMax = 0.1
    private static let sampleMin = 20

    private var starts: [String: EngineTime] = [:]
    private var failures = 0
    private(set) var probes = 0
    private(set) var failedProbes = 0

    /// - Returns: what is wrong with it; nil while nothing is.
    mutating func look(_ container: ContainerDetails) -> String? {
        if container.isDone { return nil }
        guard container.state == .running else { return "\(container.name): \(container.end)" }
        if let before = self.starts[container.id], before != container.startedAt {
            return "\(container.name): it ended and was started again"
        }
        self.starts[container.id] = container.startedAt
        if container.health?.status == .unhealthy { return "\(container.name) became unhealthy\(container.lastCheck)" }
        return nil
    }

    /// - Returns: as ``look(_:)``.
    mutating func hear(_ outcome: ProbeOutcome) -> String? {
        if case .unavailable = outcome { return nil }
        self.probes += 1
        if case .answered(let status, _) = outcome, (200..<400).contains(status) {
            self.failures = 0
            return nil
        }
        self.failures += 1
        self.failedProbes += 1
        if self.failures >= Self.failuresMax { return "\(self.failures) probes in a row failed: \(outcome.words)" }
        let share = Double(self.failedProbes) / Double(self.probes)
        guard self.probes >= Self.sampleMin, share > Self.errorShareMax else { return nil }
        return "\(self.failedProbes) of \(self.probes) probes failed, the last one: \(outcome.words)"
    }
}

extension ProbeOutcome {
    /// For a person.
    var words: String {
        switch self {
        case .answered(let status, _): "answers \(status)"
        case .refused: "nobody listens"
        case .timedOut: "no answer in time"
        case .broken(let reason): reason
        case .unavailable(let reason): "could not be asked: \(reason)"
        }
    }
}
