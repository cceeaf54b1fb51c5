// When not the service is to blame, but who judges it.

extension HealingState {
    /// Whether restarts change nothing in what our probe gets while Docker, asked anew, finds the service healthy.
    mutating func isOwnProbeToBlame(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) -> Bool {
        guard let state = self.services[id], let incident = state.incident, state.isProbed,
            incident.uselessAttempts >= self.policy(of: id.service).uselessAttemptsMax,
            incident.diagnosis.kind.isProbesWord,
            !state.probes.hasPassed, let container = state.container, let health = container.health
        else { return false }
        guard let check = health.lastCheck else {
            // Its first check of this run is the word that is missing, where it has contradicted us before.
            guard incident.isContradicted else { return false }
            let due = container.started + health.interval + health.timeout + .seconds(1)
            if now < due { self.alarm.set(due) }
            return now < due
        }
        guard health.status != .unhealthy, check.verdict == .passed, !state.isHealthStale(at: now) else { return false }
        if health.status == .healthy, !incident.isProbeBlamed {
            self.change(id) { $0.incident?.isProbeBlamed = true }
            let advice =
                "\(incident.uselessAttempts) restarts did not change what the health URL answers, and Docker's own check "
                + "finds the service healthy: correct HEALTH_URL; it is not restarted for this any more"
            decisions.append(.record(Record(id, incident: incident.number, .ownProbeAtFault(advice))))
        }
        return true
    }

    /// Says once that Docker's health is not to be believed any more.
    mutating func noteStaleHealth(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard let state = self.services[id] else { return }
        let isStale = state.isHealthStale(at: now)
        guard isStale != state.saidStaleHealth else { return }
        self.change(id) { $0.saidStaleHealth = isStale }
        guard isStale, let health = state.container?.health else { return }
        let last = health.lastCheck.map { "\((now - $0.began).seconds) ago" } ?? "never"
        let instead = state.isProbed ? "the probe counts alone" : "only its process is watched"
        let reason = "Docker last checked \(last), at an interval of \(health.interval.seconds); \(instead)"
        decisions.append(.record(Record(state.id, incident: state.incident?.number, .staleHealth(reason))))
    }
}

extension ServiceState {
    /// How long it needs to start, where an attempt of ours has ended a run that was not given so long; rounded up, with
    /// a quarter for slower days.
    func startTimeNeeded(at now: Moment) -> Duration? {
        guard let container = self.container, let incident = self.incident, let given = incident.slowStartGiven,
            let attempt = self.lastAttempt, container.started >= attempt
        else { return nil }
        let needed = (self.isProbed ? self.probes.lastPass : container.health?.lastCheck?.began).map {
            $0 - container.started
        }
        guard let needed, needed > given else { return nil }
        let seconds = (needed * 5 / 4).components.seconds
        return .seconds((seconds / 10 + 1) * 10)
    }
}
