// What an operator asks for. A pause stays the hand and closes no eye: incidents begin, are told and may end; nothing is
// done about them.

extension HealingState {
    /// The pause that a service is under.
    public func pause(of service: String, at now: Moment) -> Pause? { self.pauses.pause(of: service, at: now) }

    mutating func take(_ wish: OperatorWish, at now: Moment, _ decisions: inout [Decision]) {
        switch wish {
        case .pause(let service, let time, let reason):
            guard self.isKnown(service) else { return }
            self.pauses.begin(service, Pause(until: now + time, reason: reason))
            decisions.append(.record(Record(service.map { ServiceID($0) }, .paused(for: time, reason: reason))))
        case .resume(let service):
            guard self.isKnown(service), self.pauses.end(service) else { return }
            decisions.append(.record(Record(service.map { ServiceID($0) }, .resumed(by: .person))))
        case .heal(let service):
            self.heal(service, at: now, &decisions)
        }
    }

    private func isKnown(_ service: String?) -> Bool {
        service.map { self.dependencies[$0] != nil } ?? true
    }

    /// Ends the pauses whose time is up: they end by themselves, also while the engine is away.
    ///
    /// - Returns: the services that are not kept from us any more by a pause that ended now.
    mutating func endPauses(after fact: Fact, at now: Moment, _ decisions: inout [Decision]) -> Set<String> {
        let ended = self.pauses.expire(at: now)
        for service in ended { decisions.append(.record(Record(service.map { ServiceID($0) }, .resumed(by: .time)))) }
        if case .asked = fact {} else if ended.isEmpty { return [] }
        for (id, state) in self.services where state.incident?.saidPaused == true {
            if self.pause(of: id.service, at: now) == nil { self.change(id) { $0.incident?.saidPaused = false } }
        }
        return ended.contains(nil) ? Set(self.dependencies.keys) : Set(ended.compactMap(\.self))
    }

    /// Whether a pause keeps us from the service now; said once for each incident and pause.
    mutating func isPaused(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) -> Bool {
        guard self.pause(of: id.service, at: now) != nil else { return false }
        if let incident = self.services[id]?.incident, !incident.saidPaused {
            self.change(id) { $0.incident?.saidPaused = true }
            let reason = StandDown.maintenance.rawValue
            decisions.append(.record(Record(id, incident: incident.number, .leftAlone(reason))))
        }
        return true
    }

    // MARK: Healing on demand

    /// Does now what would be done after some waiting: the wait for more evidence and for the backoff is cut, every other
    /// guard holds. The replica that is worst off is healed; the others follow by themselves.
    private mutating func heal(_ service: String, at now: Moment, _ decisions: inout [Decision]) {
        switch self.choice(of: service, at: now, &decisions) {
        case .refused(let id, let refusal):
            let event = Record.Event.healRefused(refusal.advice(for: service))
            decisions.append(.record(Record(id, incident: self.services[id]?.incident?.number, event)))
        case .accepted(let id, let diagnosis):
            self.openIncident(id, diagnosis, at: now, &decisions)
            decisions.append(.record(Record(id, incident: self.services[id]?.incident?.number, .healAsked)))
            self.act(id, at: now, &decisions)
        }
    }

    private enum Choice {
        case accepted(ServiceID, Diagnosis)
        case refused(ServiceID, HealRefusal)
    }

    private mutating func choice(of service: String, at now: Moment, _ decisions: inout [Decision]) -> Choice {
        let any = ServiceID(service)
        if self.dependencies[service] == nil { return .refused(any, .notWatched) }
        if self.engineLoss != nil { return .refused(any, .engineLost) }
        if self.pause(of: service, at: now) != nil { return .refused(any, .paused) }
        var alarm = Alarm()
        let replicas = self.replicas(of: service).map {
            (state: $0, verdict: self.verdict(of: $0, at: now, alarm: &alarm))
        }
        for case (let state, .bad(let diagnosis)) in replicas {
            return self.guarded(state, diagnosis, at: now, &decisions)
        }
        for case (let state, .suspect) in replicas {
            guard replicas.contains(where: { $0.verdict == .well }) else {
                return .refused(state.id, .mayBeTheLastThatServes)
            }
            let diagnosis = Diagnosis(.unconfirmed, "an operator asked before it was confirmed")
            return self.guarded(state, diagnosis, at: now, &decisions)
        }
        guard let first = replicas.first(where: { $0.verdict != .well }) ?? replicas.first else {
            return .refused(any, .standDown(.removed))
        }
        return .refused(first.state.id, HealRefusal(first.verdict))
    }

    private mutating func guarded(
        _ state: ServiceState, _ diagnosis: Diagnosis, at now: Moment, _ decisions: inout [Decision]
    ) -> Choice {
        let id = state.id
        if self.isStoppedByOthers(id, at: now) { return .refused(id, .standDown(.stopped)) }
        if self.isChainBusy(id) { return .refused(id, .busy) }
        let holders = self.holders(of: id, diagnosis, at: now)
        if !holders.isEmpty { return .refused(id, .dependenciesBad(holders)) }
        if let unseen = self.unseenDependency(of: id, diagnosis, at: now) {
            return .refused(id, .unknown("\(unseen), on which it depends, was not looked at since"))
        }
        // However often it is asked for, the least wait between two attempts stays.
        if let last = state.lastAttempt, now < last + self.policy(of: id.service).backoff.base {
            return .refused(id, .tooSoon(last + self.policy(of: id.service).backoff.base - now))
        }
        if self.isNeededByClients(id, at: now) { return .refused(id, .mayBeTheLastThatServes) }
        if self.isHeldBack(id, diagnosis.kind, at: now, &decisions) { return .refused(id, .hostTrouble) }
        return .accepted(id, diagnosis)
    }
}

extension HealingState {
    /// Whether somebody else stops or stopped the service's process, so that an action which has not begun is void.
    public func isStoppedByOthers(_ id: ServiceID, at now: Moment) -> Bool {
        guard let state = self.services[id] else { return false }
        let policy = self.policy(of: id.service)
        return state.isBeingStopped(at: now, policy) || state.stops.isStopped(patience: state.stopPatience(policy))
    }
}
