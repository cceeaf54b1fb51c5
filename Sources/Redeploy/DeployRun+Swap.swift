import Compose
import Docker
import EventLoop

/// The acts that put one container in the place of another, and back. Each looks at what there is first, so that it can be
/// done again after it was cut off anywhere.
extension DeployRun {
    /// Has Compose make a container beside those there are, and makes the new one after its model: Compose would remove
    /// the old one with what it does by itself. See docs/decisions/022.
    func prepare(_ unit: DeployUnit) async throws(ActFailure) {
        if unit.change == .create {
            let counts = try await self.countsOfSurplus()
            try await self.composing { () async throws(ComposeError) in
                try await self.compose.make(unit.service, keeping: counts, within: Self.actLimit)
            }
            guard try await self.made(unit) != nil else { throw ActFailure("Compose made no \(unit.name)") }
            return
        }
        let present = try await self.containers(of: unit.service)
        guard let old = present.first(where: { $0.id == unit.old?.id }) else {
            throw ActFailure("\(unit.name) is gone; somebody removed it")
        }
        var override: String?
        if self.project.services[unit.service]?.hasFixedName == true {
            let text = "services: {\"\(unit.service)\": {container_name: !reset null}}\n"
            try DeployFolder.write(text, to: self.folder.override)
            override = self.folder.override
        }
        let number = (present.map(\.number).max() ?? 0) + 1
        try await self.composing { () async throws(ComposeError) in
            try await self.compose.makeReplica(
                of: unit.service, beside: present.count, override: override, within: Self.actLimit)
        }
        let model = try await self.containers(of: unit.service).first { $0.number >= number && $0.state == .created }
        guard let model else { throw ActFailure("Compose made no container of \(unit.service)") }
        self.models[unit.name] = try await self.fingerprint(model.id)
        do throws(ActFailure) { try await self.clone(model, in: unit, old: old) } catch {
            try? await self.removeNew(model.id)
            throw error
        }
        try await self.removeNew(model.id)
    }

    /// How many containers there are of each service that has too many: Compose would remove those at once with what it
    /// makes beside them.
    private func countsOfSurplus() async throws(ActFailure) -> [String: Int] {
        var counts: [String: Int] = [:]
        for unit in self.transaction.units where unit.change == .remove && self.project.services[unit.service] != nil {
            counts[unit.service] = try await self.containers(of: unit.service).count
        }
        return counts
    }

    /// The labels that are put right on what is made after a model.
    static nonisolated let ownLabels: Set<String> = [
        ComposeLabels.containerNumber, ComposeLabels.configHash, ComposeLabels.dependsOn, ComposeLabels.configFiles,
    ]

    private func clone(
        _ model: ContainerDetails, in unit: DeployUnit, old: ContainerDetails
    ) async throws(ActFailure) {
        let hashes = try await self.composing { () async throws(ComposeError) in
            try await self.compose.configHashes(within: .seconds(30))
        }
        var labels = [ComposeLabels.containerNumber: String(unit.number)]
        labels[ComposeLabels.configHash] = hashes[unit.service]
        labels[ComposeLabels.dependsOn] = Dependency.label(self.project.services[unit.service]?.dependsOn ?? [:])
        let files = model.labels[ComposeLabels.configFiles]?.split(separator: ",")
        labels[ComposeLabels.configFiles] = files?.filter { !self.folder.isOverride($0) }.joined(separator: ",")
        // Compose hands volumes without a name on from the old container to the new one.
        var volumes: [String: String] = [:]
        for mount in model.mounts where mount.isAnonymous {
            volumes[mount.path] = old.mounts.first { $0.path == mount.path && $0.isAnonymous }?.volume
        }
        try await self.clone(
            model.id,
            CloneChanges(
                name: unit.nameOfNew, labels: labels, aliases: [model.name: unit.name], volumes: volumes))
        guard unit.isRehearsed else { return }
        labels[ComposeLabels.oneoff] = "True"
        try await self.clone(model.id, CloneChanges(name: unit.nameOfRehearsal, labels: labels, isHidden: true))
    }

    private func clone(_ model: String, _ changes: CloneChanges) async throws(ActFailure) {
        _ = try await self.patiently { () async throws(EngineError) in
            try await self.engine.clone(model, changes, within: .seconds(60))
        }
    }

    /// Whether the new version works is found out while the old one serves.
    func rehearse(_ unit: DeployUnit) async throws(ActFailure) {
        self.say("==> trying the new \(unit.service) out of sight")
        try await self.start(unit.nameOfRehearsal)
        let demand = GateJudge.Demand(probes: Self.probesInARow, dockerHealth: false)
        do throws(ActFailure) { try await self.prove(unit.nameOfRehearsal, unit.service, demand) } catch {
            await self.showLog(of: unit.nameOfRehearsal)
            // The undoing removes it: the verdict does not wait for that.
            throw error
        }
        try await self.removeNew(unit.nameOfRehearsal)
    }

    /// The old one keeps everything but its name and Docker's restart policy: an engine that starts again must not bring
    /// it up beside the new one.
    func retire(_ unit: DeployUnit) async throws(ActFailure) {
        guard let old = try await self.old(unit) else { throw ActFailure("\(unit.name) is gone; somebody removed it") }
        if unit.order == .startFirst { try await self.waitForFront(unit, old: old) }
        let how = unit.change == .remove ? "removed" : unit.order.rawValue
        let givesPort = unit.change == .remove && unit.order == .stopFirst
        self.say("==> docker compose \(self.settings.composeFiles.flags) up -d (\(unit.name), \(how))")
        if unit.service == self.settings.service || givesPort { await self.beginMeasuring(old) }
        try await self.update(old, policy: .init(name: "no", maximumRetries: 0))
        // One that ends again and again can't be renamed between two runs. Any other goes on serving meanwhile.
        if old.state != .running { try await self.stop(old) }
        try await self.rename(old, to: unit.nameOfOld)
        if let new = try await self.container(unit.nameOfNew) { try await self.rename(new, to: unit.name) }
        try await self.stop(old)
        switch (unit.change, unit.order) {
        case (.remove, .stopFirst): break
        case (_, .stopFirst): try await self.start(unit.name)
        case (_, .startFirst):
            await self.waitAtFront()
            self.tellGap()
        }
    }

    func bring(_ unit: DeployUnit) async throws(ActFailure) {
        self.say("==> starting the new \(unit.name) beside the old one")
        if unit.service == self.settings.service, let old = try await self.old(unit) { await self.beginMeasuring(old) }
        try await self.start(unit.nameOfNew)
    }

    func launch(_ unit: DeployUnit) async throws(ActFailure) {
        self.say("==> docker compose \(self.settings.composeFiles.flags) up -d \(unit.service)")
        if let old = unit.old { return try await self.start(old.id) }
        guard let new = try await self.made(unit) else { throw ActFailure("\(unit.name) is gone; somebody removed it") }
        try await self.start(new.id)
    }

    func discard(_ unit: DeployUnit) async throws(ActFailure) {
        guard let old = try await self.old(unit), old.name == unit.nameOfOld else { return }
        try await self.stop(old)
        try await self.patiently { () async throws(EngineError) in
            // Its volumes stay, also those without a name: the new container has them.
            try await self.engine.remove(old.id, withAnonymousVolumes: false, within: .seconds(30))
        }
    }

    /// What `up` would do besides, such as a further replica.
    func settle() async throws(ActFailure) {
        let isClear = try await self.containers().allSatisfy { !$0.name.hasSuffix(".old") }
        guard isClear else { throw ActFailure("an old container could not be removed; the next deploy will") }
        try await self.composing { () async throws(ComposeError) in
            try await self.compose.upWithoutReplacing(within: Self.actLimit)
        }
    }

    /// Old containers that an earlier deploy could not remove after its commit, and new ones that it could not remove
    /// when it was undone. One without another that has its place stays.
    func clearLeftovers() async throws(ActFailure) {
        let present = try await self.containers()
        for container in present where container.name.hasSuffix(".new") {
            let service = container.labels[ComposeLabels.service]
            let hasBetter = present.contains {
                "\($0.name).new" == container.name && $0.isUp && $0.labels[ComposeLabels.service] == service
            }
            guard hasBetter else { continue }
            try await self.removeNew(container.id)
        }
        for container in present where container.name.hasSuffix(".old") && !container.isUp {
            guard present.contains(where: { "\($0.name).old" == container.name }) else { continue }
            try await self.patiently { () async throws(EngineError) in
                try await self.engine.remove(container.id, withAnonymousVolumes: false, within: .seconds(30))
            }
        }
    }

    // MARK: Back

    func undo(_ unit: DeployUnit) async throws(ActFailure) {
        guard unit.isRetired else { return try await self.unmake(unit) }
        guard let old = try await self.old(unit) else {
            throw ActFailure("the old container of \(unit.name) is gone, so it can't be put back")
        }
        self.say("==> putting the old \(unit.name) back")
        var new = try await self.container(unit.nameOfNew)
        if let holder = try await self.container(unit.name), holder.id != old.id {
            await self.keepLog(of: holder)
            if unit.service == self.settings.service { await self.beginMeasuring(holder) }
            // The port is free before the old one needs it.
            if holder.state != .created, unit.order == .stopFirst { try await self.stop(holder) }
            try await self.rename(holder, to: unit.nameOfNew)
            new = holder
        }
        try await self.rename(old, to: unit.name)
        if let before = unit.old {
            try await self.update(old, policy: .init(name: before.restartPolicy, maximumRetries: before.restartRetries))
            if before.isToRun { try await self.start(old.id) }
        }
        if unit.order == .startFirst { await self.waitUntilServing(unit) }
        if let new { try await self.removeNew(new.id) }
        try await self.removeNew(unit.nameOfRehearsal)
        // A model that was cut off before it was removed.
        for container in try await self.containers(of: unit.service)
        where container.state == .created && container.startedAt == nil && container.id != old.id {
            try await self.removeNew(container.id)
        }
    }

    /// The new one goes on until the old one serves, where both can be there.
    private func waitUntilServing(_ unit: DeployUnit) async {
        guard let old = unit.old, old.isToRun, old.standing >= .running else { return }
        let probes = unit.service == self.settings.service ? Self.probesInARow : 0
        // Where it does not get well again that is found and said when all is read again.
        try? await self.prove(unit.name, unit.service, GateJudge.Demand(probes: probes, dockerHealth: false))
        await self.letFrontFind(unit)
    }

    /// Removes what this deploy made where nothing was.
    private func unmake(_ unit: DeployUnit) async throws(ActFailure) {
        guard unit.change == .create else { return }
        self.say("==> removing the new \(unit.service)")
        guard let new = try await self.made(unit) else { return }
        await self.keepLog(of: new)
        try await self.removeNew(new.id)
    }

    /// What Compose made where nothing was; nil while it is not there.
    func made(_ unit: DeployUnit) async throws(ActFailure) -> ContainerDetails? {
        try await self.containers(of: unit.service).first { $0.number == unit.number }
    }

    // MARK: Steps that can be done twice

    func old(_ unit: DeployUnit) async throws(ActFailure) -> ContainerDetails? {
        guard let id = unit.old?.id else { return nil }
        return try await self.container(id)
    }

    private func start(_ idOrName: String) async throws(ActFailure) {
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.start(idOrName, within: .seconds(60))
        }
    }

    private func rename(_ container: ContainerDetails, to name: String) async throws(ActFailure) {
        guard try await self.container(container.id)?.name != name else { return }
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.rename(container.id, to: name, within: .seconds(10))
        }
    }

    private func update(
        _ container: ContainerDetails, policy: ContainerDetails.RestartPolicy
    ) async throws(ActFailure) {
        guard container.restartPolicy != policy else { return }
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.update(container.id, restartPolicy: policy, within: .seconds(10))
        }
    }

    // MARK: What a container said

    /// Into the deploy's folder, before the container is removed.
    private func keepLog(of container: ContainerDetails) async {
        guard container.startedAt != nil,
            let text = try? await self.engine.logs(container.id, tail: 200, within: .seconds(5))
        else { return }
        try? DeployFolder.write(text, to: "\(self.folder.path)/\(container.name).log")
    }

    func showLog(of idOrName: String) async {
        guard let text = try? await self.engine.logs(idOrName, tail: 10, within: .seconds(5)), !text.isEmpty else {
            return
        }
        self.say("    the last lines of \(idOrName):")
        for line in text.split(separator: "\n").suffix(10) { self.say("      \(line)") }
    }
}

extension Mount {
    /// Made with a container and named by the engine: 64 hexadecimal digits.
    var isAnonymous: Bool {
        self.type == "volume" && self.volume.utf8.count == 64 && self.volume.allSatisfy(\.isHexDigit)
    }
}
