extension ServiceState {
    /// Judges the service. Pure: state, time and numbers in, verdict out.
    ///
    /// - Parameters:
    ///   - dependencies: the services it depends on directly; what its health answer may blame.
    ///   - alarm: told when the verdict may change by time alone.
    func verdict(at now: Moment, _ policy: Policy, dependencies: [String], alarm: inout Alarm) -> Verdict {
        guard let container = self.container else { return .standDown(.removed) }
        if self.condition.isTraced { return .standDown(.debugged) }
        switch container.state {
        case .removing: return .standDown(.removed)
        case .created:
            guard self.isBroughtDown, let error = container.startError else { return .standDown(.removed) }
            return .bad(Diagnosis(.startFailed, error))
        case .paused: return .standDown(.paused)
        case .exited, .dead, .restarting:
            return self.verdictWithoutProcess(container, at: now, policy, alarm: &alarm)
        case .running:
            if self.isBeingStopped(at: now) {
                if let asked = self.askedToStop { alarm.set(asked + container.stopGrace + .seconds(6)) }
                return .standDown(.stopping)
            }
            if container.run == self.endedRun, let ended = self.lastActionEnded, now - ended < .seconds(30) {
                return .unknown("a restart ended this run, the new one is not seen yet")
            }
            return self.verdictRunning(container, at: now, policy, dependencies: dependencies, alarm: &alarm)
        }
    }

    // MARK: Without a process

    private func verdictWithoutProcess(
        _ container: Container, at now: Moment, _ policy: Policy, alarm: inout Alarm
    ) -> Verdict {
        if !self.isBroughtDown {
            switch self.intent {
            case .stopped: return .standDown(.stopped)
            case .unknown: return .standDown(.foundStopped)
            case .running:
                if self.isBeingStopped(at: now) { return .standDown(.stopping) }
                let isOneShot = container.restartPolicy == .no && container.health == nil
                if isOneShot, container.exitCode == 0, container.state == .exited { return .standDown(.completed) }
            }
        }
        let goneSince = self.goneSince ?? now
        if now - goneSince < policy.goneTimeMin {
            alarm.set(goneSince + policy.goneTimeMin)
            return .suspect
        }
        if let error = container.startError, container.state != .restarting {
            return .bad(Diagnosis(.startFailed, error))
        }
        let exits = self.exits.count { now - $0 <= policy.crashLoopTime }
        if exits >= policy.crashLoopExits {
            return .bad(
                Diagnosis(.crashLoop, "\(exits) exits in \(policy.crashLoopTime.seconds), last code \(container.exitCode)"))
        }
        if container.restartPolicy.applies(toExit: container.exitCode) {
            let patienceEnd = goneSince + policy.enginePolicyPatience
            if now < patienceEnd {
                alarm.set(patienceEnd)
                return .suspect
            }
        }
        return .bad(ServiceState.exitDiagnosis(code: container.exitCode, isOutOfMemory: container.isOutOfMemory))
    }

    static func exitDiagnosis(code: Int, isOutOfMemory: Bool) -> Diagnosis {
        if isOutOfMemory { return Diagnosis(.outOfMemory, "killed for memory, exit code \(code)") }
        let signal = code > 128 ? " (signal \(code - 128))" : ""
        return Diagnosis(.exited, "exit code \(code)\(signal), no stop was asked for")
    }

    // MARK: With a process

    private func verdictRunning(
        _ container: Container, at now: Moment, _ policy: Policy, dependencies: [String], alarm: inout Alarm
    ) -> Verdict {
        guard self.isProbed, self.probes.failures > 0 || self.probes.hasPassed else {
            return self.verdictUnprobed(container, at: now, policy, alarm: &alarm)
        }
        guard let failingSince = self.probes.failingSince, let failure = self.probes.lastFailure else {
            return self.verdictPassing(container)
        }
        if !self.probes.hasPassed {
            let graceEnd = self.startGraceEnd(container, policy)
            if now < graceEnd {
                alarm.set(graceEnd)
                return .starting
            }
            // The grace was the patience already.
            guard self.probes.failures >= policy.hardFailureThreshold else { return .suspect }
        } else {
            let isHard = self.condition.isStopped || failure == .refused
            let threshold = isHard ? policy.hardFailureThreshold : policy.failureThreshold
            let confirmed = failingSince + (isHard ? policy.hardFailureTimeMin : policy.failureTimeMin)
            guard self.probes.failures >= threshold, now >= confirmed else {
                if self.probes.failures >= threshold { alarm.set(confirmed) }
                return .suspect
            }
        }
        return .bad(self.diagnosis(of: failure, failingFor: now - failingSince, dependencies: dependencies))
    }

    /// Until when the run may go without a good answer.
    ///
    /// A declared start period is kept in any case. Without one, a run that we began ourselves has until the next
    /// attempt is due: the growing backoff is then the growing patience with a slow starter.
    private func startGraceEnd(_ container: Container, _ policy: Policy) -> Moment {
        let declared = container.health?.startPeriod ?? .zero
        if declared > .zero { return container.started + declared }
        if let attempt = self.lastAttempt, container.started >= attempt {
            return attempt + policy.backoff.delay(afterAttempt: self.attempts)
        }
        return container.started + policy.startGraceUndeclared
    }

    /// Our probe passes. Docker's `unhealthy` counts against that only where a check that began after our present row
    /// of good probes failed by its own judgement: one from before is stale, one that ran out of time under load or
    /// could not run at all says nothing about the service.
    private func verdictPassing(_ container: Container) -> Verdict {
        guard let health = container.health, health.status == .unhealthy, let check = health.lastCheck,
            check.verdict == .failed, let passing = self.probes.passingSince, check.began > passing
        else { return .well }
        return .bad(Diagnosis(.unhealthy, "Docker's healthcheck fails, though the health URL answers"))
    }

    private func verdictUnprobed(
        _ container: Container, at now: Moment, _ policy: Policy, alarm: inout Alarm
    ) -> Verdict {
        if let since = self.stoppedSince {
            if now - since >= policy.stoppedTimeMin {
                return .bad(Diagnosis(.frozen, "all threads stopped for \((now - since).seconds)"))
            }
            alarm.set(since + policy.stoppedTimeMin)
            return .suspect
        }
        if self.isProbed, self.probes.inconclusive == nil {
            // The first probe of the run is still out.
            let graceEnd = self.startGraceEnd(container, policy)
            if now < graceEnd { return .starting }
        }
        guard let health = container.health else {
            let settled = container.started + policy.runningTimeMin
            if now >= settled { return .well }
            alarm.set(settled)
            return .starting
        }
        switch health.status {
        case .starting: return .starting
        case .healthy:
            guard let check = health.lastCheck else { return .unknown("no check yet") }
            let isStale = now - check.began > health.interval * 3 + health.timeout
            return isStale ? .unknown("Docker's last check is stale") : .well
        case .unhealthy:
            guard let check = health.lastCheck, check.verdict != .couldNotRun else {
                return .unknown("Docker's check can not run")
            }
            return .bad(Diagnosis(.unhealthy, "Docker's healthcheck failed \(health.retries) times in a row"))
        }
    }

    private func diagnosis(
        of failure: ProbeResult.Outcome, failingFor time: Duration, dependencies: [String]
    ) -> Diagnosis {
        let evidence = "\(self.probes.failures) probes in \(time.seconds)"
        if self.condition.isStopped { return Diagnosis(.frozen, "all threads stopped, \(evidence) failed") }
        switch failure {
        case .answeredError(let status, let sick):
            let answer = "\(evidence) answered \(status)"
            if !sick.isEmpty, sick.allSatisfy(dependencies.contains) {
                return Diagnosis(.dependency, "\(answer), blaming \(sick.joined(separator: ","))")
            }
            return Diagnosis(.answersError, sick.isEmpty ? answer : "\(answer), down: \(sick.joined(separator: ","))")
        case .refused: return Diagnosis(.refusing, "\(evidence) refused")
        case .timedOut: return Diagnosis(.unresponsive, "\(evidence) not answered in time")
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
