import Docker

/// Decides whether a container that has just been started is what it should be. A value: no clock, no I/O.
struct GateJudge {
    enum Verdict: Hashable {
        case wait
        case passed
        case failed(String)
    }

    /// What must be seen.
    struct Demand: Hashable {
        /// How many probes in a row must pass; 0 where there is no URL to ask.
        var probes = 0
        /// Whether Docker must call it healthy, where it looks at all. Out of sight its own check may take too long.
        var dockerHealth = true
        /// How long it must have run where nothing else can be asked.
        var settledTime = Duration.seconds(3)
    }

    private let demand: Demand
    private var passedProbes = 0
    private var restartsBefore: Int?

    init(_ demand: Demand) { self.demand = demand }

    /// - Parameters:
    ///   - probe: what the last probe said; nil while none has come back since the last look.
    ///   - runTime: how long it has been watched.
    mutating func look(_ container: ContainerDetails, probe: ProbeOutcome?, runTime: Duration) -> Verdict {
        switch probe {
        case nil: break
        case .answered(let status, _)? where (200..<400).contains(status): self.passedProbes += 1
        default: self.passedProbes = 0
        }
        let restarts = self.restartsBefore ?? container.restartCount
        self.restartsBefore = restarts
        if container.isOOMKilled { return .failed("it ran out of memory") }
        switch container.state {
        case .running: break
        case .created: return .wait
        case .exited where container.isDone: return .passed
        case .exited, .restarting, .dead, .removing: return .failed(container.end)
        case .paused: return .failed("it is paused")
        }
        guard container.restartCount <= restarts else { return .failed("\(container.end), and was started again") }
        if container.health?.status == .unhealthy { return .failed("Docker calls it unhealthy\(container.lastCheck)") }
        guard self.passedProbes >= self.demand.probes else { return .wait }
        switch container.health?.status {
        case .healthy?: return .passed
        case .starting? where self.demand.dockerHealth: return .wait
        case .starting?, .unhealthy?: return .passed
        case nil: return self.demand.probes > 0 || runTime >= self.demand.settledTime ? .passed : .wait
        }
    }
}

extension ContainerDetails {
    /// How the last run ended. The engine forgets the exit code when it starts the container again.
    var end: String {
        guard self.state != .running else { return "it ended" }
        return "it ended with exit code \(self.exitCode)" + (self.error.isEmpty ? "" : " (\(self.error))")
    }

    /// What the last healthcheck printed, behind a colon; nothing where it printed nothing.
    var lastCheck: String {
        let output = self.health?.checks.last?.output.split(whereSeparator: \.isNewline).joined(separator: " ") ?? ""
        return output.isEmpty ? "" : ": \(output.prefix(300))"
    }

    /// By when Docker must have come to a verdict, from the healthcheck's own numbers, with a margin for the engine.
    var healthDeadline: Duration {
        guard let check = self.healthcheck else { return .seconds(30) }
        return check.startPeriod + (check.interval + check.timeout) * check.retries + .seconds(10)
    }
}
