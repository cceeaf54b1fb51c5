/// A time in which most services are bad at once.
struct Epidemic {
    /// Those that were acted on meanwhile.
    var treated: Set<ServiceID> = []
}

// Most services at once: the host and what all share come first, and no crowd is restarted.

extension HealingState {
    /// Whether the service has to wait because it is one of many, or because of the host.
    mutating func isHeldBack(
        _ id: ServiceID, _ kind: Diagnosis.Kind, at now: Moment, _ decisions: inout [Decision]
    ) -> Bool {
        self.noticeEpidemic(at: now, &decisions)
        if kind.mayBeCausedByFullDisk, let trouble = self.host?.fullDisk(of: id.service) {
            if !self.saidDiskFull {
                self.saidDiskFull = true
                let reason = "\(trouble); nothing is restarted for it"
                decisions.append(.record(Record(nil, .hostTrouble(reason))))
            }
            return true
        }
        guard let epidemic = self.epidemic else { return false }
        let treated = epidemic.treated.compactMap { self.services[$0] }
        let underway = treated.filter { state in
            state.action != nil || self.isComingUp(state, at: now)
        }
        let hasHelped = treated.contains { $0.incident == nil || $0.incident?.recovered != nil }
        if underway.count >= (hasHelped ? self.policy.systemicWidth : 1) {
            for state in underway {
                let end = (state.lastAttempt ?? now) + self.policy.systemicPatience
                if now < end { self.alarm.set(end) }
            }
            return true
        }
        self.epidemic?.treated.insert(id)
        return false
    }

    private func isComingUp(_ state: ServiceState, at now: Moment) -> Bool {
        guard let incident = state.incident, incident.recovered == nil, let attempt = state.lastAttempt else {
            return false
        }
        return now - attempt < self.policy.systemicPatience
    }

    private mutating func noticeEpidemic(at now: Moment, _ decisions: inout [Decision]) {
        let ill = self.services.values.filter { state in
            guard let incident = state.incident else { return false }
            return incident.recovered == nil && incident.heldBy.isEmpty
        }
        if self.epidemic != nil {
            if ill.count < 2 { self.epidemic = nil }
            return
        }
        let fresh = ill.count { state in
            state.incident.map { now - $0.began <= self.policy.systemicTime } ?? false
        }
        let present = self.services.values.count { $0.container != nil }
        guard fresh >= self.policy.systemicCount, fresh * 2 > present else { return }
        let treated = self.services.values.filter { $0.action != nil }.map(\.id)
        self.epidemic = Epidemic(treated: Set(treated))
        let trouble = self.host?.trouble ?? "nothing is wrong with the host itself"
        let reason =
            "\(fresh) of \(present) turned bad within \(self.policy.systemicTime.seconds): \(trouble); "
            + "healed one by one"
        decisions.append(.record(Record(nil, .hostTrouble(reason))))
    }
}
