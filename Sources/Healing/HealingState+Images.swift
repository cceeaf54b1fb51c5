// Which images are known to be good.

extension HealingState {
    /// Notes the image of a service that is well, once, when that is proven.
    mutating func verifyImage(of state: ServiceState, at now: Moment, _ decisions: inout [Decision]) {
        guard let container = state.container, !container.image.isEmpty, state.isProbed || container.health != nil,
            self.verifiedImages[state.id.service]?.contains(container.image) != true,
            state.proof(since: container.started, at: now, self.policy(of: state.id.service), alarm: &self.alarm) != nil
        else { return }
        self.remember(container.image, of: state.id.service)
        decisions.append(.record(Record(state.id, .imageVerified(container.image))))
    }

    mutating func remember(_ image: String, of service: String) {
        // No deploy keeps more of them, and what is gone can't be rolled back to.
        self.verifiedImages[service] = (self.verifiedImages[service] ?? []).suffix(9) + [image]
    }

    /// The image that the service is to be rolled back to; nil unless the present one was never well and another one was.
    ///
    /// Only what is built here and keeps nothing: older code of a database may not read what newer code wrote.
    func imageToRollBackTo(_ id: ServiceID) -> String? {
        guard self.relations[id.service]?.isBuilt == true, let container = self.services[id]?.container,
            container.isStateless, let images = self.verifiedImages[id.service], !images.contains(container.image)
        else { return nil }
        return images.last
    }
}
