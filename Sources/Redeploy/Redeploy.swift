import Compose
public import Docker
public import EventLoop
import Glibc
import Support

/// Deploys a Compose project as a transaction: what is wanted runs and was verified, or what ran before serves again.
@Loop
public final class Redeploy {
    private let settings: DeploySettings
    private let engine: Engine
    private let say: (String) -> Void
    private var run: DeployRun?
    private var isInterrupted = false

    /// - Parameter say: gets a line for each step, for a person.
    public init(_ settings: DeploySettings, engine: Engine, say: @escaping (String) -> Void) {
        self.settings = settings
        self.engine = engine
        self.say = say
    }

    /// Builds, replaces what changed, verifies. Takes an earlier deploy that was cut off to its end first.
    public func deploy() async -> DeployReport { await self.begin(.deploy) }

    /// The same with the images that ran `number` deploys ago in the place of a build.
    public func rollback(_ number: Int) async -> DeployReport { await self.begin(.rollback(number)) }

    /// Finishes or undoes a deploy that was cut off.
    ///
    /// - Returns: nil when there is none.
    public func recover() async -> DeployReport? {
        do throws(Refusal) { return try await self.takeUp() } catch { return error.report }
    }

    /// What a deploy would do. Nothing is built and nothing changed.
    public func dryRun() async -> DeployReport {
        do throws(Refusal) {
            let project = try await self.project()
            try await self.requireRoom(project)
            let hidden = DeployRun(self.settings, engine: self.engine, project: project, lock: nil, id: "") { _ in }
            let plan: DeployPlan
            do throws(ActFailure) { plan = try await hidden.plan(try await hidden.filledIn()) } catch {
                throw Refusal(error, .misconfigured)
            }
            return DeployReport(planned: plan, builds: project.services.filter(\.value.hasBuild).keys.sorted())
        } catch { return error.report }
    }

    /// The project's deploys so far, the oldest first; or why they can't be told. Needs no engine and no variables, and
    /// no compose file that can be read: what was done matters most where nothing works.
    public func history() async -> Result<[DeployHistory.Entry], DeployRefused> {
        let file = self.settings.composeFiles
        do throws(ComposeError) {
            let project = try await ComposeCLI(files: file).project(within: .seconds(20))
            let state = StateFolder(besides: file, project: project.name)
            return .success(DeployHistory(state, project: project.name).entries())
        } catch {
            let entries = DeployHistory.entries(by: file)
            // Or a wrong name in COMPOSE_FILE would be told as a project without deploys.
            if entries.isEmpty { return .failure(DeployRefused(report: DeployReport(refused: error.message))) }
            self.say("\(error.message); these are all deploys by a file of that name")
            return .success(entries)
        }
    }

    /// Ends what goes on: the wait for another deploy, and before the point of no return what was begun, which is undone.
    public func interrupt() {
        self.isInterrupted = true
        self.run?.interrupt()
    }

    // MARK: Steps

    /// By its journal and the engine alone where the Compose file can't be read.
    private func takeUp() async throws(Refusal) -> DeployReport? {
        let entries = DeployHistory.unfinished(by: self.settings.composeFiles)
        guard !entries.isEmpty else { return nil }
        let file = try? await ComposeCLI(files: self.settings.composeFiles).project(within: .seconds(20))
        guard let header = entries.first(where: { file == nil || $0.header.project == file?.name })?.header else {
            return nil
        }
        try await self.requireEngine()
        let project: Project
        do throws(ActFailure) { project = if let file { file } else { try await self.running(header.project) } } catch {
            throw Refusal(error, .failedUntouched)
        }
        if header.service == nil { try self.requireService(project) }
        let state = StateFolder(besides: self.settings.composeFiles, project: project.name)
        return await self.recover(project, state, try await self.lock(state))
    }

    /// A project as far as its containers tell.
    private func running(_ name: String) async throws(ActFailure) -> Project {
        let nothing = Project(name: name, services: [:])
        let hidden = DeployRun(self.settings, engine: self.engine, project: nothing, lock: nil, id: "") { _ in }
        let services = try await hidden.containers().map { container in
            (container.labels[ComposeLabels.service] ?? "", Service(labels: container.labels))
        }
        return Project(name: name, services: Dictionary(services) { first, _ in first })
    }

    private func begin(_ kind: DeployHeader.Kind) async -> DeployReport {
        do throws(Refusal) {
            let project: Project
            do throws(Refusal) { project = try await self.project() } catch {
                // What an earlier deploy left is put back all the same.
                if let earlier = try? await self.takeUp() { self.tell(earlier) }
                throw error
            }
            let state = StateFolder(besides: self.settings.composeFiles, project: project.name)
            let lock = try await self.lock(state)
            if let earlier = await self.recover(project, state, lock) {
                self.tell(earlier)
                if self.isInterrupted { return earlier }
            }
            // The way back must be open on a full disk too: it needs no other images.
            if kind == .deploy { try await self.requireRoom(project) }
            return await self.run(kind, project, state, lock)
        } catch { return error.report }
    }

    private func tell(_ earlier: DeployReport) {
        self.say("the deploy \(earlier.id) that was cut off: \(earlier.text)")
    }

    private func run(
        _ kind: DeployHeader.Kind, _ project: Project, _ state: StateFolder, _ lock: DeployLock
    ) async -> DeployReport {
        var targets: [String: String]?
        if case .rollback(let number) = kind {
            do throws(ActFailure) { targets = try await self.targets(number, project) } catch {
                return DeployReport(.failedUntouched, step: "plan", reason: error.reason)
            }
        }
        let history = DeployHistory(state, project: project.name)
        history.prune()
        let id = history.newID()
        let run = DeployRun(
            self.settings, engine: self.engine, project: project, lock: lock, id: id, rollbackTargets: targets,
            say: self.say)
        self.run = run
        defer { self.run = nil }
        if self.isInterrupted { run.interrupt() }
        let header = DeployHeader(
            id: id, project: project.name, kind: kind, owner: userName(), pid: getpid(), boot: bootID(),
            commit: self.settings.commit, service: self.settings.service,
            healthURL: self.settings.healthURL.description,
            composeFile: self.settings.composeFiles.name,
            time: Timestamp.now.description)
        return await run.run(.began(header))
    }

    /// The pinned images of the services that this project builds. Others may be shared with other projects, and an older
    /// database can't be trusted with newer data.
    private func targets(_ number: Int, _ project: Project) async throws(ActFailure) -> [String: String] {
        let hidden = DeployRun(self.settings, engine: self.engine, project: project, lock: nil, id: "") { _ in }
        let running = PinnedImages.running(try await hidden.containers())
            .filter { project.services[$0.key]?.hasBuild == true }
        guard !running.isEmpty else {
            throw ActFailure("nothing of this project runs, so there is nothing to roll back")
        }
        return try await PinnedImages(project: project.name, engine: self.engine).target(number, running: running)
    }

    private func recover(_ project: Project, _ state: StateFolder, _ lock: DeployLock) async -> DeployReport? {
        guard let entry = DeployHistory(state, project: project.name).unfinished() else { return nil }
        self.say("==> the deploy \(entry.header.id) of \(entry.header.owner) was cut off; taking it to its end")
        let run = DeployRun(
            self.settings.taking(entry.header), engine: self.engine, project: project, lock: lock, id: entry.header.id,
            taking: entry.transaction, say: self.say)
        self.run = run
        // It holds the lock, and a watchdog that took this deploy up lives on.
        defer { self.run = nil }
        if self.isInterrupted { run.interrupt() }
        return await run.run(entry.transaction.interruption())
    }

    // MARK: What must be there before

    /// The file, its variables, the service and the engine.
    private func project() async throws(Refusal) -> Project {
        let compose = ComposeCLI(files: self.settings.composeFiles)
        let project: Project
        do throws(ComposeError) {
            project = try await compose.project(within: .seconds(20))
            // Fills every variable in, and so finds those that are missing.
            _ = try await compose.configHashes(within: .seconds(20))
        } catch { throw Refusal(ActFailure(error.message), .misconfigured) }
        try self.requireService(project)
        try await self.requireEngine()
        return project
    }

    private func requireEngine() async throws(Refusal) {
        do throws(EngineError) { try await self.engine.ping(within: .seconds(5)) } catch {
            throw Refusal(
                ActFailure(
                    "no Docker Engine answers: \(error.message)"
                        + hint("; scripts/up.sh starts it", toScript: "scripts/up.sh")),
                .failedUntouched)
        }
    }

    private func requireService(_ project: Project) throws(Refusal) {
        guard project.services[self.settings.service] != nil else {
            let names = project.services.keys.sorted().joined(separator: ", ")
            throw Refusal(
                ActFailure(
                    "there is no service \"\(self.settings.service)\" in \(self.settings.composeFiles) (it has: \(names))"
                ),
                .misconfigured)
        }
        let hasFront = project.services.values.contains { $0.frontOf == self.settings.service }
        guard hasFront || !self.settings.needsFront else {
            throw Refusal(
                ActFailure(
                    "no service of \(self.settings.composeFiles) that is on has the label "
                        + "\(SelfhealLabels.front): \(self.settings.service)"
                        + hint("; scripts/redeploy.sh --front turns it on", toScript: "scripts/redeploy.sh")),
                .misconfigured)
        }
    }

    private func requireRoom(_ project: Project) async throws(Refusal) {
        let state = StateFolder(besides: self.settings.composeFiles, project: project.name)
        state.make()
        var folders = [(state.path, Room.stateMin)]
        if let data = try? await self.engine.dataFolder(within: .seconds(10)) { folders.append((data, Room.imagesMin)) }
        if let lack = Room.lack(in: folders) { throw Refusal(ActFailure(lack), .failedUntouched) }
    }

    private func lock(_ state: StateFolder) async throws(Refusal) -> DeployLock {
        do throws(DeployLock.Failure) {
            return try await DeployLock(
                state, wait: self.settings.wait, isInterrupted: { self.isInterrupted }, say: self.say)
        } catch {
            switch error {
            case .held(let owner):
                throw Refusal(
                    ActFailure("\(owner) is going on; wait for it, or let --wait do that"), .locked, step: "lock")
            case .interrupted(let owner):
                throw Refusal(ActFailure("it was interrupted while it waited for \(owner)"), .locked, step: "lock")
            case .unusable(let reason):
                throw Refusal(ActFailure("\(reason); make its folder writable"), .misconfigured, step: "lock")
            }
        }
    }
}

/// A history that can't be told, with why.
public struct DeployRefused: Error {
    public let report: DeployReport
}

/// Why a deploy did not begin.
private struct Refusal: Error {
    let report: DeployReport

    init(_ failure: ActFailure, _ outcome: DeployOutcome, step: String = "plan") {
        self.report = DeployReport(outcome, step: step, reason: failure.reason)
    }
}
