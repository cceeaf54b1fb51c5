import Compose
import Docker
import EventLoop

/// The acts that find out whether what runs is what was wanted, and whether it is well.
extension DeployRun {
    /// So many probes in a row must pass.
    static nonisolated let probesInARow = 3
    private static nonisolated let look = Duration.milliseconds(250)
    static nonisolated let probeLimit = Duration.milliseconds(1_500)

    /// How long what ran is given to run again after the engine was away.
    private static nonisolated let engineGrace = Duration.seconds(15)

    func gate(_ unit: DeployUnit) async throws(ActFailure) {
        let name = try await self.serving(unit).name
        do throws(ActFailure) {
            try await self.prove(name, unit.service, self.demand(unit.service))
            if unit.service == self.settings.service, let container = try await self.container(name) {
                try await self.checkVersion(of: container, isOutside: unit.order == .stopFirst)
            }
        } catch {
            await self.showLog(of: name)
            throw error
        }
        if unit.order == .stopFirst { self.tellGap() }
    }

    private func demand(_ service: String) -> GateJudge.Demand {
        GateJudge.Demand(probes: service == self.settings.service ? Self.probesInARow : 0)
    }

    /// The container that is, or is to be, the unit's.
    private func serving(_ unit: DeployUnit) async throws(ActFailure) -> ContainerDetails {
        if unit.change == .replace {
            let names = unit.order == .startFirst ? [unit.nameOfNew, unit.name] : [unit.name]
            for name in names {
                if let container = try await self.container(name), container.id != unit.old?.id { return container }
            }
        } else if let container = try await self.made(unit) {
            return container
        }
        throw ActFailure("there is no container of \(unit.service)", standing: .gone)
    }

    /// Waits until a container has proved itself, or fails at once when it can not any more.
    func prove(_ name: String, _ service: String, _ demand: GateJudge.Demand) async throws(ActFailure) {
        var judge = GateJudge(demand)
        let began = Loop.now
        var hasSaid = false
        var lastOutcome: ProbeOutcome?
        var lastAway: SuspendingClock.Instant?
        while true {
            let asked = Loop.now
            guard let container = try await self.container(name) else {
                throw ActFailure("\(name) is gone; somebody removed it", standing: .gone)
            }
            if asked.duration(to: Loop.now) > .seconds(2) { lastAway = Loop.now }
            let time = began.duration(to: Loop.now)
            if !hasSaid {
                self.say(
                    "==> waiting until \(name) proves itself (at most \(container.healthDeadline.components.seconds) s)"
                )
                hasSaid = true
            }
            if demand.probes > 0, container.state == .running { lastOutcome = await self.probe(container) }
            switch judge.look(container, probe: lastOutcome, runTime: time) {
            case .passed:
                self.say("    \(name) is \(container.health == nil ? "running" : "well") after \(time.words)")
                return
            case .failed(let reason):
                let isExcused = lastAway.map { $0.duration(to: Loop.now) < Self.engineGrace } ?? false
                guard isExcused else { throw ActFailure("\(name): \(reason)", standing: container.standing) }
            case .wait: break
            }
            if case .answered(let status, _)? = lastOutcome, status < 400 { self.servesAgain(name) }
            guard time < container.healthDeadline else {
                let probe = lastOutcome.map { "; its health URL: \($0.words)" } ?? ""
                throw ActFailure(
                    "\(name) did not become well within \(container.healthDeadline.components.seconds) s"
                        + "\(container.lastCheck)\(probe)", standing: container.standing)
            }
            do { try await Loop.sleep(for: Self.look) } catch { throw ActFailure("it was interrupted") }
        }
    }

    private func servesAgain(_ name: String) {
        guard self.transaction.phase == .undoing, self.undoTime == nil, let began = self.undoBegan else { return }
        let time = began.duration(to: Loop.now)
        self.undoTime = time
        self.say("    \(name) serves again \(time.words) after the failure")
    }

    /// Asks the health URL inside a container.
    private func probe(_ container: ContainerDetails) async -> ProbeOutcome {
        let url = self.settings.healthURL
        let outcome = await Docker.probe(url: url, networkNamespaceOf: container.pid, within: Self.probeLimit)
        guard case .unavailable = outcome else { return outcome }
        return await ExecProbe(engine: self.engine).probe(url: url, in: container.id, within: Self.probeLimit)
    }

    // MARK: The version

    /// What answers `/health`, inside and through the published port, must be what was built: an old container may still
    /// hold the port.
    private func checkVersion(of container: ContainerDetails, isOutside: Bool) async throws(ActFailure) {
        let inside = try await self.health(inside: container)
        var outside: (url: String, outcome: ProbeOutcome)?
        if let url = self.settings.outside(container.publishedPorts, path: "/health"), isOutside {
            try await self.checkPort(container)
            let outcome = try await self.repeated(until: Version.isSaid) {
                await Docker.probe(url: url, within: Self.probeLimit)
            }
            outside = ("\(url)", outcome)
        }
        let wanted = self.rollbackTargets == nil ? self.settings.commit : ""
        switch VersionJudge(name: container.name, wanted: wanted).judge(inside: inside, outside: outside) {
        case .passed(let remark): self.say("    \(remark)")
        case .failed(let reason): throw ActFailure(reason, standing: container.standing)
        }
    }

    /// From outside, through the published port, as clients come.
    private func checkPort(_ container: ContainerDetails) async throws(ActFailure) {
        guard let url = self.settings.outside(container.publishedPorts, path: self.settings.healthURL.path) else {
            return
        }
        func isWell(_ outcome: ProbeOutcome) -> Bool {
            if case .answered(let status, _) = outcome { status < 400 } else { false }
        }
        let outcome = try await self.repeated(until: isWell) { await Docker.probe(url: url, within: Self.probeLimit) }
        guard isWell(outcome) else { throw ActFailure("\(url): \(outcome.words)", standing: container.standing) }
    }

    /// What `/health` says inside a container, once it says something.
    func health(
        inside container: ContainerDetails, atMost times: Int = 20
    ) async throws(ActFailure) -> ProbeOutcome {
        try await self.repeated(atMost: times, until: Version.isSaid) { await self.ask("/health", inside: container) }
    }

    /// The first good answer, or the last one: a single slow or lost one must not decide.
    private func repeated(
        atMost times: Int = 20, until isGood: (ProbeOutcome) -> Bool, _ ask: () async -> ProbeOutcome
    ) async throws(ActFailure) -> ProbeOutcome {
        var outcome = await ask()
        for _ in 1..<times where !isGood(outcome) {
            do { try await Loop.sleep(for: Self.look) } catch { throw ActFailure("it was interrupted") }
            outcome = await ask()
        }
        return outcome
    }

    private func ask(_ path: String, inside container: ContainerDetails) async -> ProbeOutcome {
        guard let url = try? ProbeURL("http://localhost:\(self.settings.healthURL.port)\(path)") else {
            return .unavailable("")
        }
        let outcome = await Docker.probe(url: url, networkNamespaceOf: container.pid, within: Self.probeLimit)
        guard case .unavailable = outcome else { return outcome }
        return await ExecProbe(engine: self.engine).probe(url: url, in: container.id, within: Self.probeLimit)
    }

    // MARK: The contract's last two steps

    func show() async throws(ActFailure) {
        self.say("==> docker compose \(self.settings.composeFiles.flags) ps")
        let status = try await self.composing { () async throws(ComposeError) in
            try await self.compose.ps(output: self.output, within: .seconds(60))
        }
        guard status == 0 else {
            throw ActFailure("`docker compose ps` ended with status \(status)", standing: .healthy)
        }
    }

    /// The internal health call, made inside the container as a person would make it, headers shown.
    func verify() async throws(ActFailure) {
        let containers = try await self.containers(of: self.settings.service).filter { !$0.name.hasSuffix(".old") }
        guard let container = containers.min(by: { $0.number < $1.number }) else {
            throw ActFailure("there is no container of \(self.settings.service)", standing: .gone)
        }
        if self.transaction.units.isEmpty {
            try await self.prove(container.name, self.settings.service, self.demand(self.settings.service))
        }
        let command = [
            "curl", "--silent", "--show-error", "--include", "--max-time", "5", self.settings.healthURL.description,
        ]
        self.say("==> docker compose exec \(self.settings.service) \(command.joined(separator: " "))")
        let noCurl = ActFailure(
            "there is no curl in the image; put it in (the Dockerfile installs it)", standing: container.standing)
        let result: ExecResult
        do throws(EngineError) {
            result = try await self.engine.run(command, in: container.id, within: .seconds(15))
        } catch {
            guard error.message.contains("executable file not found") else {
                throw ActFailure(error.message, standing: container.standing)
            }
            throw noCurl
        }
        if [126, 127].contains(result.exitCode) { throw noCurl }
        self.say(result.stdout)
        let status = result.stdout.split(separator: " ", maxSplits: 2).dropFirst().first
        guard result.exitCode == 0, status == "200" else {
            let what = result.exitCode == 0 ? "answers \(status ?? "no status")" : "gave no answer: \(result.stderr)"
            throw ActFailure("\(self.settings.healthURL) \(what)", standing: container.standing)
        }
        try await self.checkFront(container)
    }

    // MARK: Probation

    func watchProbation() async throws(ActFailure) {
        guard self.settings.probation > .zero else { return }
        self.say(
            "==> probation: watching for \(self.settings.probation.components.seconds) s (Ctrl-C undoes the deploy)")
        var judge = ProbationJudge()
        let began = Loop.now
        while began.duration(to: Loop.now) < self.settings.probation {
            for unit in self.transaction.units where unit.change != .remove {
                let container = try await self.serving(unit)
                var fault = judge.look(container)
                if fault == nil, unit.service == self.settings.service, container.state == .running {
                    fault = judge.hear(await self.probe(container))
                }
                if let fault {
                    await self.showLog(of: container.name)
                    throw ActFailure(
                        "\(fault), \(began.duration(to: Loop.now).words) into the probation",
                        standing: container.standing)
                }
            }
            do { try await Loop.sleep(for: .seconds(1)) } catch { throw ActFailure("it was interrupted") }
        }
        self.say("    \(judge.probes - judge.failedProbes) of \(judge.probes) probes passed")
    }

    // MARK: Reading again

    /// What runs now, compared with what Compose would run and with the models that it made.
    func reread() async throws(ActFailure) {
        let plan = try await self.plan(try await self.filledIn())
        let changed = Set(self.transaction.units.map(\.service))
        if let unit = plan.units.first(where: { changed.contains($0.service) && !$0.name.hasSuffix(".old") }) {
            throw ActFailure("\(unit.name) is not what Compose would run: \(unit.reason)", standing: .running)
        }
        for (name, model) in self.models.sorted(by: { $0.key < $1.key }) {
            let differences = try await self.fingerprint(name).differences(from: model, exceptLabels: Self.ownLabels)
            guard differences.isEmpty else {
                throw ActFailure(
                    "\(name) is not what Compose made: \(differences.joined(separator: ", "))", standing: .running)
            }
        }
        self.say("    read again: image, environment, mounts, networks and labels are as wanted")
    }

    /// What a container is made of now.
    func fingerprint(_ idOrName: String) async throws(ActFailure) -> ContainerFingerprint {
        let salt = try DeploySalt.of(self.state)
        return try await self.patiently { () async throws(EngineError) in
            try await self.engine.fingerprint(idOrName, salt: salt, within: .seconds(10))
        }
    }

    func rereadOld() async throws(ActFailure) {
        var complaints: [String] = []
        for unit in self.transaction.units where unit.isRetired {
            guard let old = unit.old, old.standing > .ended else { continue }
            do throws(ActFailure) {
                // First of all whether it serves.
                let demand = GateJudge.Demand(
                    probes: unit.service == self.settings.service ? Self.probesInARow : 0,
                    dockerHealth: old.standing == .healthy)
                try await self.prove(unit.name, unit.service, demand)
                let now = try await self.fingerprint(unit.name)
                let differences = self.before[unit.name].map { now.differences(from: $0) } ?? []
                if !differences.isEmpty {
                    complaints.append("\(unit.name) is not as before: \(differences.joined(separator: ", "))")
                }
            } catch { complaints.append(error.reason) }
        }
        guard complaints.isEmpty else { throw ActFailure(complaints.joined(separator: "; ")) }
        self.say("    read again: image, environment, mounts, networks, labels and health are as before")
    }
}

extension Duration {
    /// `1.4 s`, for a person.
    var words: String {
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
