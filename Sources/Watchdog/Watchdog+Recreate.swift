import Compose
import Docker
import EventLoop
import Healing
import Support

/// The two actions that only Compose can do: making a container anew, from the same image or from one that was good.
extension Watchdog {
    /// How long Compose may take beyond the stop grace.
    private static nonisolated let composeLimit = Duration.seconds(60)

    /// Makes the container anew as it was. What the compose file says differently by now, or a newer image, is for a
    /// person to deploy: then this is refused.
    func recreate(_ id: ServiceID, _ container: String, grace: Duration) async throws {
        try await self.exclusively(id, for: grace + Self.composeLimit) { compose in
            let service = try await compose.filledIn(within: .seconds(20)).services[id.service]
            let old = container.isEmpty ? nil : try await self.engine.inspect(container, within: .seconds(5))
            try await self.requireSameDefinition(of: id, as: old, service, compose)
            if let old, let service, try await self.engine.imageID(service.image, within: .seconds(5)) != old.imageID {
                throw Refusal(
                    "\(service.image) stands for another image than the one that runs: that waits for "
                        + "`selfheal redeploy`")
            }
            try await self.makeAnew(id, grace: grace, compose)
        }
    }

    /// Lets the service's image name stand for `image` again, as `selfheal rollback` does, and makes the container anew.
    func rollBack(_ id: ServiceID, _ container: String, to image: String, grace: Duration) async throws {
        try await self.exclusively(id, for: grace + Self.composeLimit) { compose in
            guard let service = try await compose.filledIn(within: .seconds(20)).services[id.service] else {
                throw Refusal("the compose file has no service \(id.service) any more")
            }
            guard try await self.engine.imageID(image, within: .seconds(5)) != nil else {
                throw Refusal("the image that was once healthy is not here any more")
            }
            let old = try await self.engine.inspect(container, within: .seconds(5))
            try await self.requireSameDefinition(of: id, as: old, service, compose)
            let (repository, tag) = ImageName.parts(of: service.image)
            try await self.engine.tag(image, as: repository, tag: tag, within: .seconds(10))
            do {
                try await self.makeAnew(id, grace: grace, compose)
            } catch {
                // What the name stood for was nobody's wish to lose.
                try? await self.engine.tag(old.imageID, as: repository, tag: tag, within: .seconds(10))
                throw error
            }
        }
    }

    /// As many as there are, whatever the file says: a person may have scaled the service.
    private func makeAnew(_ id: ServiceID, grace: Duration, _ compose: ComposeCLI) async throws {
        let labels = self.watched.scope.filter(of: id.service) ?? []
        let replicas = try await self.engine.containers(labels: labels, within: .seconds(5)).replicas()
        let count = Set(replicas.keys).union([id.replica]).count
        try await compose.recreate(id.service, keeping: count, grace: grace, within: grace + Self.composeLimit)
    }

    /// A variable that is missing here, or a line of the file that was changed meanwhile, would make another container.
    private func requireSameDefinition(
        of id: ServiceID, as old: ContainerDetails?, _ service: FilledInService?, _ compose: ComposeCLI
    ) async throws {
        if let old, let service, let lost = old.attachedByHand(beside: service) {
            throw Refusal(
                "\(lost), which a new container would not have: that waits for a person, who writes it into the compose "
                    + "file or takes it back")
        }
        // The hash of one that lives in another's network is of the container it was made for, which is not there any more.
        guard let label = old?.labels[ComposeLabels.configHash],
            self.services[id.service]?.relations.networkOf == nil
        else { return }
        if try await compose.configHashes(within: .seconds(20))[id.service] == label { return }
        // One that we or a person made without its dependencies is labelled otherwise.
        let alone = await compose.configHashWithoutDependencies(
            of: id.service, in: self.watched.folder, within: .seconds(20))
        guard alone == label else {
            throw Refusal(
                "the compose file or its variables say otherwise by now than the container that runs: that waits for "
                    + "`selfheal redeploy`")
        }
    }

    /// No deploy begins meanwhile, also where a Compose of ours outlives us.
    private func exclusively(
        _ id: ServiceID, for time: Duration, _ body: @Loop (ComposeCLI) async throws -> Void
    ) async throws {
        let lock: FileLock
        do { lock = try FileLock(path: self.watched.folder.deployLock) } catch {
            throw Refusal("the lock of deploys can't be had: \(error)")
        }
        let now = Timestamp.now
        let expires = Timestamp(nanoseconds: now.nanoseconds + time.components.seconds * 1_000_000_000)
        lock.describe(
            DeployMarker(owner: "selfheal watch", boot: bootID(), since: now, expires: expires, services: [id.service])
                .line)
        try await body(ComposeCLI(files: self.settings.composeFiles, holding: lock))
    }

    /// Why an action was not begun; for a person.
    private struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

extension ContainerDetails {
    /// What a person gave the container since it was made, without writing it into the compose file; nil where there is
    /// nothing. What the hash of its definition can't know.
    func attachedByHand(beside service: FilledInService) -> String? {
        if let its = service.networks, !self.networks.isSubset(of: its) {
            let added = self.networks.subtracting(its).sorted().joined(separator: ", ")
            return "the container was connected to the network \(added)"
        }
        if self.memoryLimit != service.memoryLimit { return "the container was given another limit of its memory" }
        // Compose and the engine may round differently.
        if abs(self.cpuLimit - service.cpuLimit) > 1_000 { return "the container was given another limit of its CPU" }
        return nil
    }
}
