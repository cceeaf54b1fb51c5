import Docker
import EventLoop

/// The proxy that holds the service's port while its containers change: a service with the label `selfheal.front`.
extension DeployRun {
    private static nonisolated let patience = Duration.seconds(15)
    private static nonisolated let look = Duration.milliseconds(100)
    /// How long a front may go on with what it knew of the containers.
    private static nonisolated let lead = Duration.seconds(2)

    /// Its container, while it runs.
    func front() async -> ContainerDetails? {
        let service = self.project.services.first { $0.value.frontOf == self.settings.service }
        guard let service else { return nil }
        return try? await self.containers(of: service.key).first { $0.state == .running }
    }

    /// Waits until clients reach the new container too. Only then may the old one go.
    func waitForFront(_ unit: DeployUnit, old: ContainerDetails) async throws(ActFailure) {
        guard unit.service == self.settings.service, let front = await self.front(),
            let new = try await self.container(unit.nameOfNew)
        else { return }
        self.say("==> waiting until \(front.name) passes requests to the new \(unit.name)")
        // One that is ill and silent must not hold up what takes its place.
        let before = Version(try await self.health(inside: old, atMost: 3))
        let now = Version(try await self.health(inside: new))
        // Which of two that say the same of themselves has answered can't be told.
        guard now.isKnown, before != now else { return try await self.pause(Self.lead) }
        try await self.reach(now, through: front)
    }

    /// What clients get must be what was built.
    func checkFront(_ container: ContainerDetails) async throws(ActFailure) {
        guard let front = await self.front() else { return }
        let version = Version(try await self.health(inside: container))
        try await self.reach(version, through: front)
        self.say("    through \(front.name) it is \(version)")
    }

    private func reach(_ version: Version, through front: ContainerDetails) async throws(ActFailure) {
        let path = version.isKnown ? "/health" : self.settings.healthURL.path
        guard let url = self.settings.outside(front.publishedPorts, path: path) else {
            throw ActFailure("\(front.name) does not publish port \(self.settings.healthURL.port)", standing: .running)
        }
        let began = Loop.now
        while true {
            let outcome = await Docker.probe(url: url, within: Self.probeLimit)
            if version.isReached(in: outcome) { return }
            guard began.duration(to: Loop.now) < Self.patience else {
                let answer = Version(outcome)
                let said = answer.isKnown ? "\(answer)" : outcome.words
                throw ActFailure("\(url) never was \(version), but \(said)", standing: .running)
            }
            try await self.pause(Self.look)
        }
    }

    func letFrontFind(_ unit: DeployUnit) async {
        if unit.service == self.settings.service, await self.front() != nil { try? await self.pause(Self.lead) }
    }

    /// What clients see right after a container went counts too.
    func waitAtFront() async {
        if self.gap != nil, await self.front() != nil { try? await self.pause(Self.lead) }
    }

    private func pause(_ time: Duration) async throws(ActFailure) {
        do { try await Loop.sleep(for: time) } catch { throw ActFailure("it was interrupted") }
    }
}
