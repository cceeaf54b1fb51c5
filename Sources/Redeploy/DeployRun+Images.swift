import Compose
import Docker
import EventLoop

/// The acts about images: pin, build, migrate, restore tags.
extension DeployRun {
    /// Tags what runs, the last three sets of images that did, and notes what the built images' names stand for.
    func pin() async throws(ActFailure) {
        try await self.clearLeftovers()
        let containers = try await self.containers()
        try await self.keepImages(PinnedImages.running(containers))
        var fingerprints: [String: ContainerFingerprint] = [:]
        for container in containers { fingerprints[container.name] = try await self.fingerprint(container.id) }
        self.before = fingerprints
        try DeployFolder.write(fingerprints, to: self.folder.before)
        var tags: [String: String] = [:]
        for (service, name) in try await self.filledIn().imageNames
        where self.project.services[service]?.hasBuild == true {
            tags[name] = try await self.imageID(name)
        }
        try await self.note(.pinned(tags))
    }

    private func keepImages(_ running: [String: String]) async throws(ActFailure) {
        let pins = PinnedImages(project: self.project.name, engine: self.engine)
        let before = try await self.patiently { () async throws(EngineError) in try await pins.read(of: running.keys) }
        // Otherwise nothing new runs since the last time.
        if running.contains(where: { before[1]?[$0.key] != $0.value }) {
            try await self.patiently { () async throws(EngineError) in try await pins.shift(before, adding: running) }
        }
        // A rollback goes back to what is built here and to nothing else.
        let built = running.keys.filter { self.project.services[$0]?.hasBuild == true }
        try await self.patiently { () async throws(EngineError) in
            var images: [String: Set<String>] = [:]
            for set in try await pins.read(of: built).values {
                for (service, image) in set { images[service, default: []].insert(image) }
            }
            try await pins.hold(images)
        }
    }

    func build() async throws(ActFailure) {
        let filledIn = try await self.filledIn()
        if let targets = self.rollbackTargets {
            let names = filledIn.imageNames
            for (service, image) in targets.sorted(by: { $0.key < $1.key }) {
                guard let name = names[service] else { continue }
                self.say("==> docker tag \(image.prefix(19)) \(name)")
                try await self.tag(image, as: name)
            }
        } else {
            self.say("==> docker compose \(self.settings.composeFiles.flags) build")
            let began = Loop.now
            let status = try await self.composing { () async throws(ComposeError) in
                try await self.compose.build(output: self.output, within: Self.buildLimit)
            }
            guard status == 0 else {
                throw ActFailure("`docker compose build` ended with status \(status); its output above says why")
            }
            self.say("    done after \(began.duration(to: Loop.now).components.seconds) s")
        }
        try await self.keepSettings(filledIn)
        let plan = try await self.plan(filledIn)
        try await self.note(.planned(plan.units, migrations: plan.migrations))
        for line in plan.lines { self.say("    \(line)") }
    }

    /// Beside the journal, for whoever wants to know later what the images ran with. A rollback takes images back and
    /// nothing else: what is otherwise than with them is said.
    private func keepSettings(_ filledIn: FilledInProject) async throws(ActFailure) {
        var images: [String: String] = [:]
        for (service, name) in filledIn.imageNames where self.project.services[service]?.hasBuild == true {
            images[service] = try await self.imageID(name)
        }
        let salt = try DeploySalt.of(self.state)
        let settings = KeptSettings(of: filledIn.document, images: images, salt: salt)
        if let targets = self.rollbackTargets {
            let history = DeployHistory(self.state, project: self.project.name)
            let then = history.settings(withImages: targets)
            let differences =
                then.map { settings.ofContainers.differences(from: $0.ofContainers) } ?? [
                    "which ones they had then is not known"
                ]
            if !differences.isEmpty {
                self.say("    settings stay as they are now, other than then: \(differences.joined(separator: "; "))")
            }
        }
        try DeployFolder.write(settings, to: self.folder.settings)
    }

    var output: ComposeCLI.Output {
        self.settings.isForScripts ? .lines { self.say("    \($0)") } : .inherited
    }

    func filledIn() async throws(ActFailure) -> FilledInProject {
        try await self.composing { () async throws(ComposeError) in
            try await self.compose.filledIn(within: .seconds(30))
        }
    }

    func plan(_ filledIn: FilledInProject) async throws(ActFailure) -> DeployPlan {
        let hashes = try await self.composing { () async throws(ComposeError) in
            try await self.compose.configHashes(within: .seconds(30))
        }
        let all = try await self.containers()
        // Beside the new one its old one is still there, and is none of the plan's.
        let present = all.filter { old in !all.contains { "\($0.name).old" == old.name } }
        let containers = Dictionary(grouping: present) { $0.labels[ComposeLabels.service] ?? "" }
        var known: [String: DeployPlan.Known] = [:]
        for (name, service) in self.project.services {
            var image = ""
            if let service = filledIn.services[name] { image = try await self.imageID(service.image) }
            known[name] = DeployPlan.Known(
                service: service, configHash: hashes[name] ?? "", image: image,
                filledIn: filledIn.services[name] ?? FilledInService(), containers: containers[name] ?? [])
        }
        let others = present.filter { container in
            self.project.services[container.labels[ComposeLabels.service] ?? ""] == nil && !container.isAside
        }
        let fronts = others.filter { $0.labels[SelfhealLabels.front] == self.settings.service && $0.isUp }
        let strays = others.filter { other in !fronts.contains { $0.id == other.id } }
        return DeployPlan(
            project: self.project.name, services: known, probed: self.settings.service, leavingFronts: fronts,
            strays: strays.map(\.name))
    }

    /// The rows of the version before stay readable: the service says itself how it is brought up to date.
    func migrate(_ service: String) async throws(ActFailure) {
        let labels = self.project.services[service]?.labels ?? [:]
        func words(_ label: String) -> [String] { (labels[label] ?? "").split(separator: " ").map(String.init) }
        let pending = words(SelfhealLabels.pending)
        if !pending.isEmpty {
            let sql = try await self.composing { () async throws(ComposeError) in
                try await self.compose.runOnce(pending, in: service, within: .seconds(120))
            }
            let faults = MigrationCheck.faults(in: sql)
            guard faults.isEmpty else {
                throw ActFailure(
                    "\(service) would not work any more after an undo: \(faults.joined(separator: "; "))")
            }
        }
        let command = words(SelfhealLabels.migrate)
        guard !command.isEmpty else { return }
        self.say(
            "==> docker compose \(self.settings.composeFiles.flags) run --rm \(service) \(command.joined(separator: " "))"
        )
        _ = try await self.composing { () async throws(ComposeError) in
            try await self.compose.runOnce(command, in: service, within: Self.buildLimit)
        }
    }

    func restoreTags() async throws(ActFailure) {
        // What stays though it failed keeps its name, or a person's `up` would replace it.
        let isKept = self.transaction.isKept
        let kept = isKept ? Set(try await self.containers().filter { !$0.isAside }.map(\.imageID)) : []
        for (name, image) in self.transaction.tags.sorted(by: { $0.key < $1.key }) where !image.isEmpty {
            let now = try await self.imageID(name)
            guard now != image, !kept.contains(now) else { continue }
            try await self.tag(image, as: name)
            self.say("    \(name) stands for \(image.prefix(19)) again")
        }
    }

    // MARK: Asking

    func composing<Value>(_ body: () async throws(ComposeError) -> Value) async throws(ActFailure) -> Value {
        do throws(ComposeError) { return try await body() } catch { throw ActFailure(error.message) }
    }

    /// Empty when there is none.
    func imageID(_ reference: String) async throws(ActFailure) -> String {
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.imageID(reference, within: .seconds(10)) ?? ""
        }
    }

    private func tag(_ image: String, as reference: String) async throws(ActFailure) {
        let (repository, tag) = ImageName.parts(of: reference)
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.tag(image, as: repository, tag: tag, within: .seconds(10))
        }
    }
}

extension FilledInProject {
    /// The image of each service as a reference.
    var imageNames: [String: String] { self.services.mapValues(\.image) }
}

extension DeployPlan {
    /// For a person.
    var lines: [String] {
        self.units.map { unit in
            switch unit.change {
            case .create: "\(unit.number == 1 ? unit.service : unit.name): made, \(unit.reason)"
            case .start: "\(unit.name): started, it is the right one"
            case .remove: "\(unit.name): removed, \(unit.reason)"
            case .replace:
                "\(unit.name): replaced, \(unit.order.rawValue) because \(unit.reason)"
                    + (unit.isRehearsed ? ", and tried out of sight before" : "")
            }
        } + self.kept.map { "\($0): stays as it is" }
            + self.strays.map { "\($0): stays as it is; no service of the compose file that is on has it" }
    }
}
