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
        let salt = try DeploySalt.of(self.state)
        for container in containers {
            fingerprints[container.name] = try await self.patiently { () async throws(EngineError) in
                try await self.engine.fingerprint(container.id, salt: salt, within: .seconds(10))
            }
        }
        self.before = fingerprints
        try DeployFolder.write(fingerprints, to: self.folder.before)
        var tags: [String: String] = [:]
        for (service, name) in try await self.imageNames() where self.project.services[service]?.hasBuild == true {
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
        if let targets = self.rollbackTargets {
            let names = try await self.imageNames()
            for (service, image) in targets.sorted(by: { $0.key < $1.key }) {
                guard let name = names[service] else { continue }
                self.say("==> docker tag \(image.prefix(19)) \(name)")
                try await self.tag(image, as: name)
            }
        } else {
            self.say("==> docker compose -f \(self.settings.composeFile) build")
            let began = Loop.now
            let status = try await self.composing { () async throws(ComposeError) in
                try await self.compose.build(output: self.output, within: Self.buildLimit)
            }
            guard status == 0 else {
                throw ActFailure("`docker compose build` ended with status \(status); its output above says why")
            }
            self.say("    done after \(began.duration(to: Loop.now).components.seconds) s")
        }
        let plan = try await self.plan()
        try await self.note(.planned(plan.units, migrations: plan.migrations))
        for line in plan.lines { self.say("    \(line)") }
    }

    var output: ComposeCLI.Output {
        self.settings.isForScripts ? .lines { self.say("    \($0)") } : .inherited
    }

    func plan() async throws(ActFailure) -> DeployPlan {
        let hashes = try await self.composing { () async throws(ComposeError) in
            try await self.compose.configHashes(within: .seconds(30))
        }
        let names = try await self.imageNames()
        let filledIn = try await self.composing { () async throws(ComposeError) in
            try await self.compose.filledInServices(within: .seconds(30))
        }
        let present = try await self.containers()
        let containers = Dictionary(grouping: present) { $0.labels[ComposeLabels.service] ?? "" }
        var known: [String: DeployPlan.Known] = [:]
        for (name, service) in self.project.services {
            var image = ""
            if let reference = names[name] { image = try await self.imageID(reference) }
            known[name] = DeployPlan.Known(
                service: service, configHash: hashes[name] ?? "", image: image,
                filledIn: filledIn[name] ?? FilledInService(), containers: containers[name] ?? [])
        }
        let fronts = present.filter { container in
            container.labels[SelfhealLabels.front] == self.settings.service && container.isUp
                && self.project.services[container.labels[ComposeLabels.service] ?? ""] == nil
                && !container.name.hasSuffix(".old")
        }
        return DeployPlan(
            project: self.project.name, services: known, probed: self.settings.service, leavingFronts: fronts)
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
            "==> docker compose -f \(self.settings.composeFile) run --rm \(service) \(command.joined(separator: " "))")
        _ = try await self.composing { () async throws(ComposeError) in
            try await self.compose.runOnce(command, in: service, within: Self.buildLimit)
        }
    }

    func restoreTags() async throws(ActFailure) {
        for (name, image) in self.transaction.tags.sorted(by: { $0.key < $1.key }) where !image.isEmpty {
            guard try await self.imageID(name) != image else { continue }
            try await self.tag(image, as: name)
            self.say("    \(name) stands for \(image.prefix(19)) again")
        }
    }

    // MARK: Asking

    func composing<Value>(_ body: () async throws(ComposeError) -> Value) async throws(ActFailure) -> Value {
        do throws(ComposeError) { return try await body() } catch { throw ActFailure(error.message) }
    }

    func imageNames() async throws(ActFailure) -> [String: String] {
        try await self.composing { () async throws(ComposeError) in
            try await self.compose.imageNames(within: .seconds(30))
        }
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
    }
}
