public import Healing

extension Record {
    /// What happened, as a person tells it.
    public var sentence: String {
        let who = self.service.map { "\($0): " } ?? ""
        return who + self.event.sentence
    }
}

extension Record.Event {
    fileprivate var sentence: String {
        switch self {
        case .detected(let diagnosis): "found bad, \(diagnosis.kind.rawValue): \(diagnosis.evidence)"
        case .held(let dependencies): "left alone while \(dependencies.joined(separator: ", ")) is bad"
        case .acted(.restart(let grace), let attempt, _):
            "restart begins, attempt \(attempt), stop grace \(grace.seconds)"
        case .acted(.recreate, let attempt, _): "its container is made anew, attempt \(attempt)"
        case .acted(.rollBack(let image, _), let attempt, _): "rolled back to \(image), attempt \(attempt)"
        case .acted(.start, let attempt, _): "start begins, attempt \(attempt)"
        case .actionSucceeded(let after): "that was done in \(after.seconds)"
        case .actionFailed(let reason): "that failed: \(reason)"
        case .restartedByEngine: "started again by Docker's restart policy"
        case .recovered(let after): "serves again, \(after.seconds) after the first bad sign"
        case .healed(let after, let attempts, let proof):
            "healed after \(after.seconds) and \(attempts) \(attempts == 1 ? "action" : "actions"), proof: \(proof)"
        case .unproven(let reason): "not proved: \(reason)"
        case .standDown(let reason): "not ours to heal any more: \(reason)"
        case .leftAlone(let reason): "left alone: \(reason)"
        case .probeAtFault(let advice), .ownProbeAtFault(let advice), .staleHealth(let advice): advice
        case .startPeriodShort(let needs): "its start period is too short: it needs \(needs.seconds)"
        case .imageVerified(let image): "image proved healthy: \(image)"
        case .personNeeded(let tried): "a person is needed: \(tried)"
        case .hostTrouble(let evidence): "the machine is to blame: \(evidence)"
        case .paused(let time, let reason):
            "paused by an operator for \(time.seconds)" + (reason.isEmpty ? "" : ": \(reason)")
        case .resumed(.person): "pause ended by an operator"
        case .resumed(.time): "pause over"
        case .healAsked: "healing asked for by an operator"
        case .healRefused(let advice): "healing asked for by an operator and refused: \(advice)"
        case .engineLost(let reason): "the engine does not answer: \(reason)"
        case .engineBack(let after): "the engine answers again after \(after.seconds)"
        }
    }
}
