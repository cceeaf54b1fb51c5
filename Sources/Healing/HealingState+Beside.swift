// What a service owes to others: those that are to be restarted with it, and those that live in its network.

extension HealingState {
    /// What is thought of the service when it is looked at beside others; `verdict` is what it looks like by itself.
    func verdictBesideOthers(
        _ state: ServiceState, _ verdict: Verdict, at now: Moment, alarm: inout Alarm
    ) -> Verdict {
        guard let relations = self.relations[state.id.service], let container = state.container,
            container.state == .running, !state.isOutdated
        else { return verdict }
        if case .standDown = verdict { return verdict }
        if let cut = self.cutOff(state, container, from: relations, at: now, alarm: &alarm) { return cut }
        guard let owed = self.owed[state.id.service], owed != self.paid[state.id], container.started < owed else {
            return verdict
        }
        switch verdict {
        // The answer tells whether clients need it.
        case .notProbedYet: return verdict
        case .well, .unknown:
            let evidence = "a dependency was restarted, and it is to be restarted with it"
            return .bad(Diagnosis(.dependencyRestarted, evidence))
        case .standDown, .starting, .suspect, .bad: return verdict
        }
    }

    private func cutOff(
        _ state: ServiceState, _ container: Container, from relations: Relations, at now: Moment, alarm: inout Alarm
    ) -> Verdict? {
        guard let host = relations.networkOf, let other = self.services[ServiceID(host)], let its = other.container,
            its.state == .running, !other.isOutdated, let network = container.networkContainer,
            network != its.run.container || state.isOlder(than: other)
        else { return nil }
        // Whoever began that run may be about to begin this one.
        let settled =
            max(other.runSeen ?? now, other.lastActionEnded ?? now - self.policy(of: host).failureTimeMin)
            + self.policy(of: host).failureTimeMin
        guard now >= settled else {
            alarm.set(settled)
            return .suspect
        }
        let what = network == its.run.container ? "was started anew" : "is another container now"
        return .bad(Diagnosis(.detached, "\(host), whose network it shares, \(what)"))
    }

    /// Whether a restart of the service would not find the container whose network it shares.
    func needsNewContainer(_ state: ServiceState) -> Bool {
        guard let host = self.relations[state.id.service]?.networkOf, let network = state.container?.networkContainer,
            let its = self.services[ServiceID(host)]?.container
        else { return false }
        return network != its.run.container
    }

    /// Whether it is the only container of its service. Compose makes all replicas of a service anew, or none.
    func isAlone(_ id: ServiceID) -> Bool {
        self.others(than: id).isEmpty
    }

    /// The other replicas that there are. One that is known from the journal and was not looked at yet may be there.
    private func others(than id: ServiceID) -> [ServiceState] {
        self.replicas(of: id.service).filter { $0.id != id && ($0.container != nil || $0.observed == nil) }
    }

    /// `service` began a new run: whoever is to be restarted with it is owed that.
    mutating func owe(restartsWith service: String, since time: Moment) {
        for (dependent, relations) in self.relations where relations.restartsWith.contains(service) {
            self.owed[dependent] = time
        }
    }

    /// Its run is younger than what it was owed, whatever a clock says that was set since.
    mutating func pay(_ id: ServiceID) { self.paid[id] = self.owed[id.service] }

    /// Whether the service serves, and no other replica of it does: it is healed when another one is well, or serves as it
    /// does: two that wait for each other would wait for ever.
    func isNeededByClients(_ id: ServiceID, at now: Moment) -> Bool {
        guard let state = self.services[id], state.isServing else { return false }
        let others = self.others(than: id).map { other in
            var alarm = Alarm()
            return (state: other, verdict: self.verdict(of: other, at: now, alarm: &alarm))
        }.filter { other in
            // What somebody keeps from serving is not healed first, and may never serve again.
            if case .standDown(let reason) = other.verdict { reason.isPassing } else { true }
        }
        guard !others.isEmpty else { return false }
        return !others.contains { other in
            other.state.incident == nil ? other.verdict == .well : other.state.isServing && !other.state.isOutdated
        }
    }
}

extension ServiceState {
    /// Whether its run began before the other's, as far as that is known.
    fileprivate func isOlder(than other: ServiceState) -> Bool {
        guard let its = other.container, let container = self.container else { return false }
        // By a clock that was set back nobody can tell; but what was found so once, and not restarted since, still is.
        if self.isStartAstray || other.isStartAstray, self.incident?.saidKinds.contains(.detached) == true {
            return true
        }
        // It began before it was first seen, whatever that clock says.
        return !other.isStartAstray && min(container.started, self.runSeen ?? container.started) < its.started
    }

    /// Whether clients get good answers from it, as far as is known.
    fileprivate var isServing: Bool {
        guard let container = self.container, container.state == .running, !self.condition.isStopped else {
            return false
        }
        // A probe that could not run says nothing else than the one before; before the first, Docker's word counts.
        let isAsked = self.probes.lastPass != nil || self.probes.lastFailed != nil
        return self.isProbed && isAsked ? self.probes.passingSince != nil : container.health?.status == .healthy
    }
}
