/// The escalation: restart, restart, recreate, roll back, and then restarts for as long as it takes.
extension ServiceState {
    /// The smallest action that can help.
    func remedy(
        anew isNew: Bool, mayEscalate: Bool, rollingBackTo image: String?, _ policy: Policy
    ) -> Action.Kind {
        guard let container = self.container, !isNew, !self.isHalfReplaced else {
            return .recreate(grace: self.container?.stopGrace ?? .zero)
        }
        let grace = self.grace(for: container, policy)
        switch mayEscalate ? self.rung(policy) : .restart {
        case .recreate: return .recreate(grace: grace)
        case .rollBack:
            if let image { return .rollBack(image: image, grace: grace) }
        case .restart: break
        }
        switch container.state {
        case .running, .restarting, .paused: return .restart(grace: grace)
        case .created, .exited, .dead, .removing: return .start
        }
    }

    private enum Rung { case restart, recreate, rollBack }

    private func rung(_ policy: Policy) -> Rung {
        guard let incident = self.incident else { return .restart }
        guard incident.diagnosis.kind.mayEscalate else { return .restart }
        let isKnown = self.curedByRecreate.contains(incident.diagnosis.kind)
        let attempt = incident.attempts + (isKnown ? policy.recreateAttempt : 1)
        if attempt == policy.recreateAttempt { return .recreate }
        return attempt == policy.recreateAttempt + 1 ? .rollBack : .restart
    }

    /// Nothing in it can hear the stop signal unless it is woken, and there is nothing to lose. A database always gets its
    /// grace.
    private func grace(for container: Container, _ policy: Policy) -> Duration {
        let isDeaf = self.condition.isStopped && container.isStateless
        return isDeaf ? min(policy.stoppedGrace, container.stopGrace) : container.stopGrace
    }

    /// Whether an action of ours that makes the container anew was broken off in the middle.
    var isHalfReplaced: Bool {
        guard self.isBroughtDown, self.lastKind?.replacesContainer == true else { return false }
        return self.container.map { $0.state == .created } ?? true
    }

    /// Whether all that can be tried was tried in this incident; with what that was.
    func triedAll(_ policy: Policy) -> String? {
        guard let incident = self.incident, incident.attempts > policy.recreateAttempt else { return nil }
        return "\(incident.attempts) attempts did not help; restarts go on, and a person has to look"
    }
}
