// From a confirmed bad service to an action.

extension HealingState {
    mutating func heal(
        _ id: ServiceID, _ diagnosis: Diagnosis, at now: Moment, _ decisions: inout [Decision]
    ) {
        self.openIncident(id, diagnosis, at: now, &decisions)
        if self.isPaused(id, at: now, &decisions) { return }
        let holders = self.holders(of: id, diagnosis, at: now)
        guard holders.isEmpty else { return self.hold(id, by: holders, &decisions) }
        guard !self.isChainBusy(id), self.unseenDependency(of: id, diagnosis, at: now) == nil else { return }
        let policy = self.policy(of: id.service)
        if let due = self.services[id]?.nextAttempt(policy), now < due { return self.alarm.set(due) }
        guard !self.isNeededByClients(id, at: now), !self.isOwnProbeToBlame(id, at: now, &decisions),
            !self.isHeldBack(id, diagnosis.kind, at: now, &decisions)
        else { return }
        self.act(id, at: now, &decisions)
    }

    private mutating func hold(_ id: ServiceID, by holders: [String], _ decisions: inout [Decision]) {
        guard var incident = self.services[id]?.incident, !Set(holders).isSubset(of: incident.heldBy) else { return }
        incident.heldBy = holders
        self.change(id) { $0.incident = incident }
        decisions.append(.record(Record(id, incident: incident.number, .held(by: holders))))
    }

    mutating func act(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        let policy = self.policy(of: id.service)
        let image = self.imageToRollBackTo(id)
        if let tried = self.services[id]?.triedAll(policy), self.services[id]?.incident?.saidPersonNeeded == false {
            self.change(id) { $0.incident?.saidPersonNeeded = true }
            decisions.append(.record(Record(id, incident: self.services[id]?.incident?.number, .personNeeded(tried))))
        }
        let isCutOff = self.services[id].map(self.needsNewContainer) ?? false
        let isAlone = policy.mayRecreate && self.isAlone(id)
        let begun = self.change(id) {
            $0.beginAction(anew: isCutOff, mayEscalate: isAlone, rollingBackTo: image, at: now, policy)
        }
        guard let begun, let action = begun, let state = self.services[id] else { return }
        let backoff = policy.backoff.delay(afterAttempt: state.attempts)
        let acted = Record.Event.acted(action.kind, attempt: state.attempts, backoff: backoff)
        decisions.append(.record(Record(id, incident: state.incident?.number, acted)))
        decisions.append(.act(id, action))
    }
}
