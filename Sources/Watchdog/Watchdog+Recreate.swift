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
            let names = try await compose.imageNames(within: .seconds(20))
            let old = container.isEmpty ? nil : try await self.engine.inspect(container, within: .seconds(5))
            try await self.requireSameDefinition(of: id, as: old, compose)
            if let old, let name = names[id.service],
                try await self.engine.imageID(name, within: .seconds(5)) != old.imageID
            {
                throw Refusal(
                    "\(name) stands for another image than the one that runs: that waits for `selfheal redeploy`")
            }
            try await compose.recreate(id.service, grace: grace, within: grace + Self.composeLimit)
        }
    }

    /// Lets the service's image name stand for `image` again, as `selfheal rollback` does, and makes the container anew.
    func rollBack(_ id: ServiceID, _ container: String, to image: String, grace: Duration) async throws {
        try await self.exclusively(id, for: grace + Self.composeLimit) { compose in
            guard let name = try await compose.imageNames(within: .seconds(20))[id.service] else {
                throw Refusal("the compose file has no service \(id.service) any more")
            }
            guard try await self.engine.imageID(image, within: .seconds(5)) != nil else {
                throw Refusal("the image that was once healthy is not here any more")
            }
            let old = try await self.engine.inspect(container, within: .seconds(5))
            try await self.requireSameDefinition(of: id, as: old, compose)
            let (repository, tag) = ImageName.parts(of: name)
            try await self.engine.tag(image, as: repository, tag: tag, within: .seconds(10))
            do {
                try await compose.recreate(id.service, grace: grace, within: grace + Self.composeLimit)
            } catch {
                // What the name stood for was nobody's wish to lose.
                try? await self.engine.tag(old.imageID, as: repository, tag: tag, within: .seconds(10))
                throw error
            }
        }
    }

    /// A variable that is missing here, or a line of the file that was changed meanwhile, would make another container.
    private func requireSameDefinition(
        of id: ServiceID, as old: ContainerDetails?, _ compose: ComposeCLI
    ) async throws {
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
