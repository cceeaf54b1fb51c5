// What the end of its process means.

extension ServiceState {
    func verdictWithoutProcess(
        _ container: Container, at now: Moment, _ policy: Policy, isNeeded: Bool, alarm: inout Alarm
    ) -> Verdict {
        // Somebody wanted it to start after it had ended.
        let isToStart = self.isWanted && container.startError != nil && container.state != .restarting
        if !self.isBroughtDown, !isToStart {
            if self.stops.isStopped(patience: self.stopPatience(policy)) { return .standDown(.stopped) }
            if !self.isWanted { return .standDown(.foundStopped) }
        }
        let goneSince = self.goneSince ?? now
        let isKnown = self.isEndTold || self.said == .completed || self.said == .ended
        if now - goneSince < policy.goneTimeMin, !isKnown {
            alarm.set(goneSince + policy.goneTimeMin)
            return .suspect
        }
        if !self.isBroughtDown, !isToStart {
            if container.state == .restarting {
                // The engine counts how often it tries a job, and would begin anew after an attempt of ours.
                if self.isJob(isNeeded: isNeeded), container.restartPolicy == .onFailureLimited { return .suspect }
            } else if let end = self.ownEnd(code: container.exitCode, isNeeded: isNeeded, policy) {
                return .standDown(end)
            }
        }
        if let error = container.startError, container.state != .restarting {
            return .bad(Diagnosis(.startFailed, error))
        }
        let policyPatienceEnd = goneSince + policy.enginePolicyPatience
        if container.state == .exited, container.restartPolicy.isUnconditional, !self.isBroughtDown {
            // The engine itself would bring it back, unless somebody stopped it: the news of that was lost.
            if now >= policyPatienceEnd { return .standDown(.foundStopped) }
            alarm.set(policyPatienceEnd)
            return .suspect
        }
        let exits = self.stops.crashes.count { now - $0 <= policy.crashLoopTime }
        if exits >= policy.crashLoopExits {
            return .bad(
                Diagnosis(
                    .crashLoop, "\(exits) exits in \(policy.crashLoopTime.seconds), last code \(container.exitCode)"))
        }
        if container.restartPolicy.applies(toExit: container.exitCode) {
            if now < policyPatienceEnd {
                alarm.set(policyPatienceEnd)
                return .suspect
            }
        }
        return .bad(self.exitDiagnosis(code: container.exitCode, at: self.stops.died ?? now))
    }

    /// Whether an event has told that nobody asked for its end, and what helps is known already: what the engine tries
    /// beside our attempts is no reason to make them late.
    private var isEndTold: Bool {
        guard let incident = self.incident, incident.attempts > 0, let crash = self.stops.crashes.last else {
            return false
        }
        return crash == self.stops.died && crash >= self.stops.started ?? crash
    }

    /// Whether it may fail for good, where its restart policy leaves it so: nobody needs it or asks how it is.
    private func isJob(isNeeded: Bool) -> Bool { !isNeeded && !self.isProbed && self.container?.health == nil }

    /// What its end with `code` is, where its restart policy leaves it so and nobody asked for more. Nil where it is to be
    /// brought back: it is to serve, or it failed and is no job, or a signal or the engine has ended it.
    func ownEnd(code: Int, isNeeded: Bool, _ policy: Policy) -> StandDown? {
        guard let container = self.container, !container.restartPolicy.isUnconditional else { return nil }
        let wasShutDown = container.run == self.shutDownRun
        let isServer = self.isProbed || container.health != nil && (isNeeded || wasShutDown)
        if code == 0, !isServer { return .completed }
        if !policy.bringsBackExits { return .ended }
        let isSignal = (129...192).contains(code)
        let isByPolicy = container.restartPolicy != .no || !isSignal
        return self.isJob(isNeeded: isNeeded) && !wasShutDown && isByPolicy ? .ended : nil
    }

    /// - Parameter died: when it ended. Docker's own word on the memory is gone once it has started the container again.
    func exitDiagnosis(code: Int, at died: Moment) -> Diagnosis {
        let isKilledForMemory = self.outOfMemory.map { $0 <= died + .seconds(1) && died - $0 < .seconds(5) } ?? false
        if isKilledForMemory || self.container?.state != .running && self.container?.isOutOfMemory == true {
            return Diagnosis(.outOfMemory, "killed for memory, exit code \(code)")
        }
        let signal = code > 128 ? " (signal \(code - 128))" : ""
        return Diagnosis(.exited, "exit code \(code)\(signal), no stop was asked for")
    }
}
