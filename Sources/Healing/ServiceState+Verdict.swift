extension ServiceState {
    /// Judges the service. Pure: state, time and numbers in, verdict out.
    ///
    /// - Parameters:
    ///   - dependencies: the services it depends on directly; what its health answer may blame.
    ///   - isNeeded: whether another service stands on it.
    ///   - alarm: told when the verdict may change by time alone.
    func verdict(
        at now: Moment, _ policy: Policy, dependencies: [String], isNeeded: Bool, alarm: inout Alarm
    ) -> Verdict {
        guard self.observed != nil else { return .unknown("not looked at yet") }
        if self.isOutdated { return .suspect }
        if self.isHalfReplaced {
            return .bad(Diagnosis(.startFailed, "its container was to be made anew, which was broken off"))
        }
        guard let container = self.container else { return .standDown(.removed) }
        if self.condition.isTraced { return .standDown(.debugged) }
        switch container.state {
        case .removing: return .standDown(.removed)
        case .created:
            guard self.isBroughtDown, let error = container.startError else { return .standDown(.removed) }
            return .bad(Diagnosis(.startFailed, error))
        case .paused: return .standDown(.paused)
        case .exited, .dead, .restarting:
            return self.verdictWithoutProcess(container, at: now, policy, isNeeded: isNeeded, alarm: &alarm)
        case .running:
            if self.isBeingStopped(at: now, policy), let asked = self.stops.asked {
                alarm.set(asked + self.stopPatience(policy) + .seconds(1))
                return .standDown(.stopping)
            }
            if container.run == self.endedRun, let ended = self.lastActionEnded, now - ended < .seconds(30) {
                alarm.set(ended + .seconds(30))
                return .unknown("a restart ended this run, the new one is not seen yet")
            }
            return self.verdictRunning(container, at: now, policy, dependencies: dependencies, alarm: &alarm)
        }
    }

    /// Looks before acting: what was seen of the container must be newer than the first bad sign.
    private func verdictRunning(
        _ container: Container, at now: Moment, _ policy: Policy, dependencies: [String], alarm: inout Alarm
    ) -> Verdict {
        let verdict =
            self.verdictProbed(container, at: now, policy, dependencies: dependencies, alarm: &alarm)
            ?? self.verdictUnprobed(container, at: now, policy, dependencies: dependencies, alarm: &alarm)
        guard case .bad = verdict else { return verdict }
        if let observed = self.observed, now - observed > policy.lookAgeMax { return .suspect }
        if let sign = self.probes.failingSince ?? self.stoppedSince, let observed = self.observed, observed < sign {
            return .suspect
        }
        // A debugger may be attached: the kernel's word is due, where it can be had.
        let examined = self.examinable(since: self.runSeen ?? now) + policy.examinationPatience
        guard !self.isExamined, now < examined else { return verdict }
        alarm.set(examined)
        return .suspect
    }

    /// What the probes of this run say; nil when they say nothing, or nothing any more.
    private func verdictProbed(
        _ container: Container, at now: Moment, _ policy: Policy, dependencies: [String], alarm: inout Alarm
    ) -> Verdict? {
        guard self.isProbed, self.probes.inconclusive == nil else { return nil }
        if self.probes.isPassing { return self.verdictPassing(container) }
        guard let failingSince = self.probes.failingSince, let failure = self.probes.lastFailure else { return nil }
        // A complaint about others is no sign of its own illness, nor is the silence of a machine that stood still then.
        let others = self.blamed(dependencies) == nil && self.blamedOthers != nil ? self.failingItselfSince : nil
        let isRefusing = self.isRefusing(at: now, policy, alarm: &alarm)
        // Where nobody saw it fail in its grace, that was no patience.
        let graceEnd = self.probes.hasPassed ? nil : self.startGraceEnd(container, at: now, policy)
        if let graceEnd, failingSince <= graceEnd {
            if now < graceEnd {
                alarm.set(graceEnd)
                return .starting
            }
            // The grace was the patience already, but for what only shows now.
            let isHard = self.condition.isStopped || self.blamedOthers == nil || isRefusing
            guard
                self.ownFailures(dependencies)
                    >= (isHard ? policy.hardFailureThreshold : policy.failureThreshold)
            else { return .suspect }
            let isStarved = self.isStarvedStill(at: now, policy) && !isRefusing
            let confirmed = max(
                failingSince + policy.hardFailureTimeMin, others.map { $0 + policy.failureTimeMin } ?? failingSince,
                isStarved ? max(failingSince, others ?? failingSince) + policy.busyPatience : failingSince)
            if now < confirmed {
                alarm.set(confirmed)
                return .suspect
            }
        } else {
            let hasRefused = isRefusing && self.probes.hasPassed
            let isHard = self.condition.isStopped || hasRefused || self.isFlapping(at: now, policy)
            let threshold = isHard ? policy.hardFailureThreshold : policy.failureThreshold
            let time =
                isHard
                ? policy.hardFailureTimeMin
                : self.isStarvedStill(at: now, policy) ? policy.busyPatience : policy.failureTimeMin
            let confirmed = max(failingSince, others ?? failingSince) + time
            guard self.ownFailures(dependencies) >= threshold else { return .suspect }
            guard now >= confirmed else {
                alarm.set(confirmed)
                return .suspect
            }
        }
        // What failed before may have had another cause, and this one may pass.
        let newest = [self.stoppedSince, others].compactMap(\.self)
        if let changed = newest.max(), now < changed + policy.hardFailureTimeMin {
            alarm.set(changed + policy.hardFailureTimeMin)
            return .suspect
        }
        return .bad(self.diagnosis(of: failure, since: failingSince, at: now, policy, dependencies: dependencies))
    }

    /// Whether it has refused for long enough. What failed in another way before is no part of that: a person's stop may be
    /// going on of which nothing was heard yet.
    private func isRefusing(at now: Moment, _ policy: Policy, alarm: inout Alarm) -> Bool {
        guard self.probes.refusals >= policy.hardFailureThreshold, let since = self.probes.refusedSince else {
            return false
        }
        let confirmed = since + policy.hardFailureTimeMin
        if now < confirmed { alarm.set(confirmed) }
        return now >= confirmed
    }

    /// Until when the run may go without a good answer.
    ///
    /// A declared start period is kept in any case. Without one, a run that we began ourselves has until the next
    /// attempt is due: the growing backoff is then the growing patience with a slow starter. A stop that was slow takes
    /// at most half of that away.
    private func startGraceEnd(_ container: Container, at now: Moment, _ policy: Policy) -> Moment {
        let declared = max(
            container.health?.startPeriod ?? .zero, policy.startGraceDeclared, self.startTimeLearnt ?? .zero)
        let isOurs = self.lastAttempt.map { container.started >= $0 && container.started <= self.attemptEnd(at: now) }
        if isOurs == true, let incident = self.incident, incident.attempts == 1, incident.slowStartGiven != nil {
            return container.started + max(declared, policy.slowStartPatience)
        }
        if declared > .zero { return container.started + declared }
        guard isOurs == true, let attempt = self.lastAttempt else {
            return container.started + policy.startGraceUndeclared
        }
        let backoff = policy.backoff.delay(afterAttempt: self.attempts)
        return max(attempt + backoff, container.started + backoff / 2)
    }

    /// Up to when a run that began is the latest attempt's; that one not over, or nobody there to see its end: now.
    private func attemptEnd(at now: Moment) -> Moment {
        guard let attempt = self.lastAttempt, let ended = self.lastActionEnded, ended >= attempt else { return now }
        // The start is by the engine's clock and the end by the journal's: on a busy machine they are translated some
        // milliseconds apart, and the engine answers just as shortly after the start.
        return ended + .seconds(1)
    }

    /// Our probe passes. Docker's `unhealthy` counts against that only where its whole row of failed checks began after
    /// our present row of good probes, and the last one failed by its own judgement: what is from before is stale, what
    /// ran out of time under load or could not run at all says nothing about the service.
    private func verdictPassing(_ container: Container) -> Verdict {
        guard let health = container.health, health.lastCheck?.verdict == .failed,
            health.isUnhealthy(since: self.probes.passingSince), !self.isExcused(health)
        else { return .well }
        // What its check failed of may have begun since our last good probe, and the next one will tell of what.
        let isAskedSince = health.lastCheck.map { check in self.probes.lastPass.map { $0 >= check.began } ?? false }
        guard isAskedSince == true else { return .suspect }
        return .bad(Diagnosis(.unhealthy, "Docker's healthcheck fails, though the health URL answers"))
    }

    /// What the kernel and Docker say.
    private func verdictUnprobed(
        _ container: Container, at now: Moment, _ policy: Policy, dependencies: [String], alarm: inout Alarm
    ) -> Verdict {
        if let since = self.stoppedSince {
            if now - since >= policy.stoppedTimeMin {
                return .bad(Diagnosis(.frozen, "all threads stopped for \((now - since).seconds)"))
            }
            alarm.set(since + policy.stoppedTimeMin)
            return .suspect
        }
        if self.isProbed, self.probes.inconclusive == nil {
            // The first probe of the run is still out, or the first after a pause. A run that is old, but new to us,
            // gets time for it too.
            let graceEnd = self.probes.hasPassed ? now : self.startGraceEnd(container, at: now, policy)
            let new = [self.runSeen, self.excusedUntil].compactMap(\.self).max() ?? now
            let probeEnd = max(graceEnd, new + policy.failureTimeMin)
            if now < probeEnd {
                alarm.set(probeEnd)
                return now < graceEnd ? .starting : .notProbedYet
            }
        }
        guard let health = container.health else {
            let settled = container.started + policy.runningTimeMin
            if now >= settled { return .well }
            alarm.set(settled)
            return .starting
        }
        return self.verdict(
            of: health, container, at: now, policy, dependencies: dependencies, alarm: &alarm)
    }

    private func verdict(
        of health: DockerHealth, _ container: Container, at now: Moment, _ policy: Policy, dependencies: [String],
        alarm: inout Alarm
    ) -> Verdict {
        if health.status == .starting { return .starting }
        guard let check = health.lastCheck else { return .unknown("no check yet") }
        if let failed = self.probes.lastFailed, check.began <= failed {
            // Of a start that has not answered yet that says nothing new.
            let graceEnd = self.probes.hasPassed ? now : self.startGraceEnd(container, at: now, policy)
            if now < graceEnd {
                alarm.set(graceEnd)
                return .starting
            }
            return .unknown("the probe failed and can not run any more, and Docker has not checked since")
        }
        if let streak = health.failingStreak, (1..<health.retries).contains(streak), check.verdict != .couldNotRun,
            !self.isExcused(check.began)
        {
            return .suspect
        }
        if health.status == .healthy {
            return self.isHealthStale(at: now) ? .unknown("Docker's last check is stale") : .well
        }
        guard health.isUnhealthy(since: self.probes.lastPass), !self.isExcused(health) else {
            return .unknown("Docker's checks say nothing of now")
        }
        // Docker may have lost patience sooner, and after a pause it counts failed checks in the start period too.
        if self.isProbed ? !self.probes.hasPassed : !self.wasHealthy {
            let graceEnd = self.startGraceEnd(container, at: now, policy)
            if now < graceEnd {
                alarm.set(graceEnd)
                return .starting
            }
        }
        if check.verdict == .timedOut {
            // By our own clock: Docker's may have been set, and its last check is a later one each time.
            let since = self.checksLateSince ?? now
            // Whether it starves shows within two or three looks.
            let shown = self.examinable(since: since) + policy.examinationPatience + .seconds(1)
            let patienceEnd =
                self.isStarved(at: now, policy)
                ? since + policy.busyPatience : self.effort.kind == nil ? shown : now
            if now < patienceEnd {
                alarm.set(patienceEnd)
                return .suspect
            }
        }
        let evidence = "Docker's healthcheck failed \(health.retries) times in a row"
        guard let sick = self.blamed(dependencies) else { return .bad(Diagnosis(.unhealthy, evidence)) }
        return .bad(Diagnosis(.dependency, "\(evidence), and the last answer blamed \(sick)"))
    }

    /// Since when the kernel's word could be had of what is so since `time`.
    private func examinable(since time: Moment) -> Moment { max(time, self.unjudgedUntil ?? time) }

    /// Whether what makes it unhealthy is from before the end of a pause, a tracer, a deploy.
    private func isExcused(_ health: DockerHealth) -> Bool {
        guard let excused = self.excusedUntil else { return false }
        // A streak that the engine tells has outlived the pause; without it, the whole row must be newer.
        guard health.failingStreak != nil, let check = health.lastCheck else {
            return !health.isUnhealthy(since: excused)
        }
        return check.began <= excused
    }

    /// Whether its last bad answer named anything else than its dependencies.
    func blamesItself(_ dependencies: [String]) -> Bool {
        guard case .answeredError(_, let sick) = self.probes.lastFailure else { return false }
        return !sick.allSatisfy(dependencies.contains)
    }

    /// How many probes in a row failed for the same side: its own, or its dependencies'.
    private func ownFailures(_ dependencies: [String]) -> Int {
        self.blamed(dependencies) == nil ? self.probes.failures - self.failuresBlamed : self.probes.failures
    }

    /// The dependencies that its last bad answer named, if it named nothing else.
    func blamed(_ dependencies: [String]) -> String? {
        guard case .answeredError(_, let sick) = self.probes.lastFailure, !sick.isEmpty,
            sick.allSatisfy(dependencies.contains)
        else { return nil }
        return sick.joined(separator: ",")
    }

    private func diagnosis(
        of failure: ProbeResult.Outcome, since failingSince: Moment, at now: Moment, _ policy: Policy,
        dependencies: [String]
    ) -> Diagnosis {
        let evidence = "\(self.probes.failures) probes in \((now - failingSince).seconds)"
        if self.isFlapping(at: now, policy), !self.condition.isStopped {
            let recent = self.relapses.filter { now - $0 <= policy.flappingTime }
            let time = now - (recent.first ?? now)
            return Diagnosis(.flapping, "it answered and failed again \(recent.count) times in \(time.seconds)")
        }
        if self.condition.isStopped { return Diagnosis(.frozen, "all threads stopped, \(evidence) failed") }
        switch failure {
        case .answeredError(let status, let sick):
            let answer = "\(evidence) answered \(status)"
            if let blamed = self.blamed(dependencies) { return Diagnosis(.dependency, "\(answer), blaming \(blamed)") }
            return Diagnosis(.answersError, sick.isEmpty ? answer : "\(answer), down: \(sick.joined(separator: ","))")
        case .refused: return Diagnosis(.refusing, "\(evidence) refused")
        case .timedOut:
            let words = "\(evidence) not answered in time\(self.effort.evidence)"
            switch self.effort.kind {
            case .starved: return Diagnosis(.busy, words)
            case .still, .spinning: return Diagnosis(.stuck, words)
            case .ordinary, nil: return Diagnosis(.unresponsive, words)
            }
        case .broken(let reason): return Diagnosis(.brokenAnswer, "\(evidence) broken: \(reason)")
        case .passed, .inconclusive:
            preconditionFailure("only failures are kept as the last failure")
        }
    }
}

/// The earliest time at which something changes by the passing of time alone.
struct Alarm: Hashable {
    private(set) var moment: Moment?

    mutating func set(_ other: Moment) {
        self.moment = self.moment.map { min($0, other) } ?? other
    }
}
