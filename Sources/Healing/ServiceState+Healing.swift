extension ServiceState {
    /// When the next attempt may begin at the earliest; nil when there was none yet.
    func nextAttempt(_ policy: Policy) -> Moment? {
        self.lastAttempt.map { $0 + policy.backoff.delay(afterAttempt: self.attempts) }
    }

    mutating func beginAction(at now: Moment, _ policy: Policy) -> Action? {
        guard let container = self.container else { return nil }
        let action = Action(self.remedy(for: container, policy), container: container.run.container)
        self.attempts += 1
        self.lastAttempt = now
        self.action = ActionInFlight(kind: action.kind, began: now)
        self.isBroughtDown = true
        self.endedRun = container.run
        self.incident?.attempts += 1
        self.incident?.heldBy = []
        return action
    }

    /// The smallest action that can help.
    func remedy(for container: Container, _ policy: Policy) -> Action.Kind {
        switch container.state {
        case .running, .restarting, .paused:
            // Nothing in it can hear the stop signal, and there is nothing to lose. A database always gets its grace.
            let isDeaf = self.condition.isStopped && container.isStateless
            return .restart(grace: isDeaf ? min(policy.stoppedGrace, container.stopGrace) : container.stopGrace)
        case .created, .exited, .dead, .removing:
            return .start
        }
    }

    /// Whether Docker's own check says nothing, because its command can not run in the container.
    var isDockerCheckBroken: Bool {
        self.container?.health?.lastCheck?.verdict == .couldNotRun
    }

    /// What is wrong with Docker's check rather than with a service that answers our probe; with what to do.
    var dockerCheckFault: String? {
        guard self.isProbed, self.probes.isPassing, let health = self.container?.health else { return nil }
        switch health.lastCheck?.verdict {
        case .couldNotRun:
            return "Docker's healthcheck can not run in the container while the health URL answers; "
                + "put its command (curl) into the image"
        case .timedOut where health.status == .unhealthy:
            return "Docker's healthcheck runs out of time while the health URL answers; give it a longer timeout"
        case .passed, .failed, .timedOut, nil:
            return nil
        }
    }

    /// What proves that the service is healed, in words: a good probe and Docker's health, both newer than the last bad
    /// sign. Nil as long as something is missing.
    func proof(since lastBad: Moment, at now: Moment, _ policy: Policy, alarm: inout Alarm) -> String? {
        guard let container = self.container else { return nil }
        if self.isProbed, self.probes.inconclusive == nil {
            guard let pass = self.probes.lastPass, pass >= lastBad else { return nil }
        }
        let ours = self.isProbed && self.probes.hasPassed ? "probe passed" : nil
        guard let health = container.health, !self.isDockerCheckBroken else {
            // No second witness: the first one must stay with its word for as long as it takes to confirm the contrary.
            let wait = ours == nil ? policy.runningTimeMin : policy.failureTimeMin
            let settled = lastBad + wait
            guard now >= settled else {
                alarm.set(settled)
                return nil
            }
            let docker = container.health == nil ? "no healthcheck" : "healthcheck can not run"
            return "\(ours ?? "running"), \(docker)"
        }
        guard health.status == .healthy, let check = health.lastCheck, check.verdict == .passed, check.began > lastBad
        else { return nil }
        return [ours, "docker healthy"].compactMap(\.self).joined(separator: ", ")
    }
}
