extension ServiceState {
    /// When the next attempt may begin at the earliest; nil when there was none yet.
    func nextAttempt(_ policy: Policy) -> Moment? {
        self.lastAttempt.map { $0 + policy.backoff.delay(afterAttempt: self.attempts) }
    }

    /// - Parameters:
    ///   - isNew: whether nothing less than another container can help.
    ///   - mayEscalate: whether its container may be made anew.
    ///   - image: what can be rolled back to, if anything can.
    mutating func beginAction(
        anew isNew: Bool, mayEscalate: Bool, rollingBackTo image: String?, at now: Moment, _ policy: Policy
    ) -> Action? {
        guard self.container != nil || self.isHalfReplaced else { return nil }
        let action = Action(
            self.remedy(anew: isNew, mayEscalate: mayEscalate, rollingBackTo: image, policy),
            container: self.container?.run.container ?? "")
        let age = self.ageWithoutAnswer(at: now)
        if self.incident?.attempts == 0 {
            self.incident?.slowStartGiven = age.flatMap { $0 < policy.slowStartPatience ? $0 : nil }
            let isDockerContent = self.container?.health?.status == .healthy && !self.isHealthStale(at: now)
            self.incident?.isContradicted = self.isProbed && !self.probes.hasPassed && isDockerContent
        }
        self.attempts += 1
        self.lastAttempt = now
        self.action = ActionInFlight(kind: action.kind, began: now)
        self.isBroughtDown = true
        self.lastKind = action.kind
        self.endedRun = self.container?.run ?? self.endedRun
        self.forgetRelapses(before: action.kind)
        self.incident?.attempts += 1
        self.incident?.uselessAttempts += 1
        self.incident?.lastAction = action.kind
        self.incident?.heldBy = []
        return action
    }

    /// A bad spell that is treated now did not pass by itself. Those before did, and still tell of health that comes and
    /// goes, unless that is treated, or something else than a bad spell, or the container is another one afterwards.
    private mutating func forgetRelapses(before action: Action.Kind) {
        let isFlapping = self.incident?.saidKinds.contains(.flapping) ?? false
        guard let failingSince = self.probes.failingSince, !isFlapping, !action.replacesContainer else {
            return self.relapses.removeAll()
        }
        self.relapses.removeAll { $0 >= failingSince }
    }

    /// How old the present run is, where it goes on and has not been well yet.
    private func ageWithoutAnswer(at now: Moment) -> Duration? {
        guard let container = self.container, container.state == .running, !self.condition.isStopped else { return nil }
        if self.isProbed {
            switch self.probes.lastFailure {
            case .refused, .timedOut: break
            case .answeredError, .broken, .passed, .inconclusive, nil: return nil
            }
            return self.probes.hasPassed ? nil : now - container.started
        }
        // Docker does not say whether it called this run healthy before we came, but all of a young run's checks are in the
        // streak.
        guard !self.wasHealthy, let health = container.health, let streak = health.failingStreak,
            health.status == .unhealthy,
            now - container.started <= health.startPeriod + (health.interval + health.timeout) * (streak + 1)
        else { return nil }
        return now - container.started
    }

    /// The backoff starts over where it has been well for long enough since its last incident.
    mutating func forgetAttemptsIfStable(at now: Moment, _ policy: Policy) {
        guard let past = self.pastIncident, now - past.ended >= policy.stableTime(afterIncident: past.length) else {
            return
        }
        self.attempts = 0
        self.lastAttempt = nil
    }

    mutating func endIncident(at now: Moment, length: Duration) {
        self.incident = nil
        self.pastIncident = PastIncident(ended: now, length: length)
    }

    /// Learns from an incident that is over what helps against its cause.
    mutating func learn(from incident: Incident) {
        guard let action = incident.lastAction else { return }
        if action.replacesContainer {
            self.curedByRecreate.insert(incident.diagnosis.kind)
        } else {
            self.curedByRecreate.remove(incident.diagnosis.kind)
        }
    }

    /// Whether Docker's own check says nothing, because its command can not run in the container.
    var isDockerCheckBroken: Bool {
        self.container?.health?.lastCheck?.verdict == .couldNotRun
    }

    /// Whether Docker's health log stands still: the engine has not checked for longer than it ever should.
    ///
    /// As of our own look at it: that we look more rarely than Docker checks makes nothing stale.
    func isHealthStale(at now: Moment) -> Bool {
        guard let container = self.container, container.state == .running, let health = container.health else {
            return false
        }
        // After a pause, a stop of the machine or an outage of the engine the next check is due an interval later.
        let begins = [health.lastCheck?.began, container.started, self.excusedUntil, self.checkableSince]
        let latest = begins.compactMap(\.self).max() ?? now
        return (self.observed ?? now) - latest > health.interval * 3 + health.timeout
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
        let isStale = ours != nil && self.isHealthStale(at: now)
        guard let health = container.health, !self.isDockerCheckBroken, !isStale else {
            // No second witness: the first one must stay with its word for as long as it takes to confirm the contrary.
            let wait = ours == nil ? policy.runningTimeMin : policy.failureTimeMin
            let settled = lastBad + wait
            guard now >= settled else {
                alarm.set(settled)
                return nil
            }
            let docker =
                container.health == nil
                ? "no healthcheck" : isStale ? "docker's health is stale" : "healthcheck can not run"
            return "\(ours ?? "running"), \(docker)"
        }
        guard health.status == .healthy, let check = health.lastCheck, check.verdict == .passed, check.began > lastBad
        else { return nil }
        return [ours, "docker healthy"].compactMap(\.self).joined(separator: ", ")
    }
}
