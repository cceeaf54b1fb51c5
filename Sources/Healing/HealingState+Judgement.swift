// What is thought of a service, and what follows from it.

extension HealingState {
    mutating func judge(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard let state = self.services[id] else { return }
        if let action = state.action {
            self.change(id) { $0.noteTrouble(true, at: now) }
            return self.awaitAction(id, action, at: now, &decisions)
        }
        let verdict = self.verdict(of: state, at: now, alarm: &self.alarm)
        self.change(id) { $0.noteTrouble(!verdict.isUntroubled, at: now) }
        // Whoever depends on it must know how it is, and that is all.
        if self.policy(of: id.service).isHandsOff { return }
        if verdict.isUntroubled { self.noteStaleHealth(id, at: now, &decisions) }
        switch verdict {
        case .standDown(let reason):
            self.standDown(id, reason, at: now, &decisions)
        case .unknown:
            break
        case .starting, .suspect:
            self.change(id) {
                $0.said = nil
                if verdict == .suspect { $0.incident?.lastBad = now }
            }
        case .bad(let diagnosis):
            self.change(id) { $0.said = nil }
            if !self.isOnlyLooking { self.heal(id, diagnosis, at: now, &decisions) }
        case .well:
            self.prove(id, at: now, &decisions)
        }
    }

    /// What is thought of the service now.
    func verdict(of state: ServiceState, at now: Moment, alarm: inout Alarm) -> Verdict {
        if self.deploying.contains(state.id.service) { return .standDown(.deploying) }
        let dependencies = self.dependencies[state.id.service] ?? []
        let verdict = state.verdict(
            at: now, self.policy(of: state.id.service), dependencies: dependencies,
            isNeeded: self.isNeeded(state.id.service), alarm: &alarm)
        return self.verdictBesideOthers(state, verdict, at: now, alarm: &alarm)
    }

    /// Whether another service stands on it.
    func isNeeded(_ service: String) -> Bool { self.graph.dependents[service] != nil }

    /// An action always reports back; should it not, it counts as failed after this time.
    private mutating func awaitAction(
        _ id: ServiceID, _ action: ServiceState.ActionInFlight, at now: Moment, _ decisions: inout [Decision]
    ) {
        let policy = self.policy(of: id.service)
        let deadline = action.deadline(margin: action.isOrphaned ? policy.orphanedActionTime : policy.actionTimeMax)
        guard now >= deadline else { return self.alarm.set(deadline) }
        self.endAction(id, .failed("no word of it for \((now - action.began).seconds)"), at: now, &decisions)
    }

    private mutating func standDown(
        _ id: ServiceID, _ reason: StandDown, at now: Moment, _ decisions: inout [Decision]
    ) {
        // An incident stays open: many a deploy changes nothing, and the one that mends it is proved as any healing is.
        if reason == .deploying { return }
        guard var state = self.services[id] else { return }
        defer { self.services[id] = state }
        if let incident = state.incident {
            state.endIncident(at: now, length: now - incident.began)
            state.said = reason
            decisions.append(.record(Record(id, incident: incident.number, .standDown(reason.rawValue))))
            return
        }
        switch reason {
        case .stopped, .foundStopped, .completed, .ended, .paused, .debugged: break
        // Passing states; they end in one of the others, or in a new container.
        case .stopping, .removed, .deploying, .maintenance: return
        }
        guard state.said != reason else { return }
        if reason == .stopped, let died = state.stops.died, now - died < .seconds(2) {
            // A restart and a recreate begin with a stop: wait whether it stays one.
            self.alarm.set(died + .seconds(2))
            return
        }
        state.said = reason
        decisions.append(.record(Record(id, .leftAlone(reason.rawValue))))
    }
}
