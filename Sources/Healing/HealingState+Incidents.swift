// How an incident begins, and what proves that it is over.

extension HealingState {
    mutating func openIncident(
        _ id: ServiceID, _ diagnosis: Diagnosis, at now: Moment, _ decisions: inout [Decision]
    ) {
        guard var state = self.services[id] else { return }
        defer { self.services[id] = state }
        if var incident = state.incident {
            incident.lastBad = now
            incident.recovered = nil
            incident.diagnosis = diagnosis
            // A new kind of bad is news; more evidence of a known one is not.
            let isNews = incident.saidKinds.insert(diagnosis.kind).inserted
            state.incident = incident
            if isNews { decisions.append(.record(Record(id, incident: incident.number, .detected(diagnosis)))) }
            return
        }
        state.forgetAttemptsIfStable(at: now, self.policy(of: id.service))
        self.incidentsEver += 1
        state.incident = Incident(
            number: self.incidentsEver, began: state.probes.failingSince ?? now, diagnosis: diagnosis)
        state.incident?.lastBad = now
        state.incident?.saidKinds = [diagnosis.kind]
        decisions.append(.record(Record(id, incident: self.incidentsEver, .detected(diagnosis))))
    }

    mutating func prove(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard var state = self.services[id], let container = state.container else { return }
        defer { self.services[id] = state }
        let policy = self.policy(of: id.service)
        state.said = nil
        state.isBroughtDown = false
        state.endedRun = nil
        if !state.saidProbeAtFault, let advice = state.dockerCheckFault {
            state.saidProbeAtFault = true
            decisions.append(.record(Record(id, incident: state.incident?.number, .probeAtFault(advice))))
        }
        guard var incident = state.incident else { return self.verifyImage(of: state, at: now, &decisions) }
        let recovered = incident.recovered ?? now
        if incident.recovered == nil {
            incident.recovered = now
            incident.uselessAttempts = 0
            decisions.append(
                .record(Record(id, incident: incident.number, .recovered(after: now - incident.began))))
            if let needs = state.startTimeNeeded(policy) {
                state.startTimeLearnt = needs
                decisions.append(.record(Record(id, incident: incident.number, .startPeriodShort(needs: needs))))
            }
        }
        // What comes and goes has to stay.
        let stable = incident.lastBad + policy.stableTimeMin
        if incident.diagnosis.kind == .flapping, now < stable {
            self.alarm.set(stable)
        } else if let proof = state.proof(since: incident.lastBad, at: now, policy, alarm: &self.alarm) {
            let healed = Record.Event.healed(after: now - incident.began, attempts: incident.attempts, proof: proof)
            decisions.append(.record(Record(id, incident: incident.number, healed)))
            state.learn(from: incident)
            state.endIncident(at: now, length: now - incident.began)
            self.verifyImage(of: state, at: now, &decisions)
            return
        }
        if let health = container.health, !incident.saidUnproven {
            let deadline = recovered + health.verifyDeadline(margin: policy.verifyMargin)
            if now >= deadline {
                incident.saidUnproven = true
                let reason = "it serves, but Docker's health is still \(health.status.rawValue)"
                decisions.append(.record(Record(id, incident: incident.number, .unproven(reason))))
            } else {
                self.alarm.set(deadline)
            }
        }
        state.incident = incident
    }
}
