import Compose
import Docker
import EventLoop
import Support

/// Carries out one transaction: writes down what is about to be done, does it, writes down what came of it. It decides
/// nothing itself.
@Loop
final class DeployRun {
    let settings: DeploySettings
    let engine: Engine
    let compose: ComposeCLI
    let project: Project
    let state: StateFolder
    let folder: DeployFolder
    /// Nil for one that only looks.
    let lock: DeployLock?
    let say: (String) -> Void
    private let journal: DeployJournal

    private(set) var transaction: Transaction
    private var current: Task<Void, any Error>?
    private var isInterrupted = false
    /// Whether it takes up one that was cut off, as the next one can too.
    private let isTakenUp: Bool
    /// Whether a person wants that to end.
    private var isStopped = false
    /// What the units' containers were made of before, by name.
    var before: [String: ContainerFingerprint] = [:]
    /// What Compose made for the new containers to be like, by their names.
    var models: [String: ContainerFingerprint] = [:]
    /// For a rollback: the images to go back to, by service.
    let rollbackTargets: [String: String]?
    /// Measures what clients see of the swap that goes on.
    var gap: GapMeter?
    /// The longest of all; nil where there was no port to ask.
    private var longestGap: Duration?
    /// When the undoing began, and how long until what was before served again.
    var undoBegan: SuspendingClock.Instant?
    var undoTime: Duration?

    /// - Parameter transaction: one that is to be finished or undone; nil for a new one.
    init(
        _ settings: DeploySettings, engine: Engine, project: Project, lock: DeployLock?, id: String,
        taking transaction: Transaction? = nil, rollbackTargets: [String: String]? = nil,
        say: @escaping (String) -> Void
    ) {
        self.settings = settings
        self.engine = engine
        self.project = project
        self.lock = lock
        self.rollbackTargets = rollbackTargets
        self.say = say
        self.compose = ComposeCLI(files: settings.composeFiles, holding: lock?.lock)
        self.state = StateFolder(besides: settings.composeFiles, project: project.name)
        self.folder = DeployFolder(id, in: self.state)
        self.journal = DeployJournal(self.folder)
        self.transaction = transaction ?? Transaction()
        self.isTakenUp = transaction != nil
        self.before = DeployFolder.read([String: ContainerFingerprint].self, from: self.folder.before) ?? [:]
    }

    /// How long an act may go on when the taking up of a cut-off deploy is ended. Each can be done twice.
    private static nonisolated let stopGrace = Duration.seconds(10)

    /// A person wants it to end. Before the point of no return it is undone; the undoing is not interrupted. One that is
    /// taken up ends between two acts, and its journal stays without an end.
    func interrupt() {
        if self.isTakenUp {
            self.isStopped = true
            Loop.after(Self.stopGrace) { self.current?.cancel() }
            return
        }
        guard self.transaction.phase == .forward else { return }
        self.isInterrupted = true
        self.current?.cancel()
    }

    /// - Parameter first: the event that begins it, or the one that takes up a cut-off one; nil where its journal
    ///   already says all.
    func run(_ first: DeployEvent?) async -> DeployReport {
        if self.transaction.header == nil {
            do {
                try self.folder.make(in: self.state)
                if let first { try await self.note(first) }
            } catch {
                return DeployReport(.failedUntouched, step: "lock", reason: self.words(error))
            }
        } else if let first {
            // One that was cut off is taken to its end even where that can't be written down.
            await self.noteOrComplain(first)
        }
        while !self.isStopped, let act = self.transaction.next { await self.perform(act) }
        await self.endMeasuring()
        if let act = self.transaction.next {
            await self.noteOrComplain(.stopped(act))
            return self.report(
                self.transaction.outcome == .rolledBack ? .rollbackFailed : self.transaction.outcome,
                "it was interrupted before step \(act.step) was done; the next deploy, or redeploy --recover, goes on")
        }
        let (outcome, reason) = (self.transaction.outcome, self.transaction.reason)
        await self.noteOrComplain(.ended(outcome, reason: reason))
        return self.report(outcome, reason)
    }

    private func report(_ outcome: DeployOutcome, _ reason: String) -> DeployReport {
        DeployReport(
            outcome, step: self.transaction.failure?.step ?? "", reason: reason, id: self.folder.id,
            units: self.transaction.units, gapMilliseconds: self.longestGap.map { Int($0.milliseconds) },
            undoMilliseconds: self.undoTime.map { Int($0.milliseconds) })
    }

    private func perform(_ act: Act) async {
        self.lock?.announce(self.watchdogLeavesAlone, for: self.limit(of: act))
        do {
            // What is not written down is not done. What is already begun is undone in any case.
            if self.transaction.phase == .forward {
                try await self.note(.started(act))
            } else {
                await self.noteOrComplain(.started(act))
            }
            let task = Task { @Loop in try await self.carryOut(act) }
            self.current = task
            if self.isInterrupted, self.transaction.phase == .forward { task.cancel() }
            try await task.value
            if self.transaction.phase == .forward {
                try await self.note(.done(act))
            } else {
                await self.noteOrComplain(.done(act))
            }
        } catch  where self.isStopped {
            // It is done again, by whoever goes on.
        } catch {
            let failure = error as? ActFailure ?? ActFailure(self.words(error))
            let isInterrupted = self.isInterrupted && self.transaction.phase == .forward
            let reason = isInterrupted ? "it was interrupted" : failure.reason
            self.say("    failed at step \(act.step): \(reason)")
            if self.transaction.phase == .forward { self.undoBegan = Loop.now }
            await self.noteOrComplain(.failed(act, reason: reason, standing: failure.standing))
        }
        self.current = nil
    }

    /// Takes an event in once it is on the disk.
    func note(_ event: DeployEvent) async throws(ActFailure) {
        do { try await self.journal.append(event) } catch {
            throw ActFailure("the deploy's journal can't be written: \(error)")
        }
        self.transaction.apply(event)
    }

    private func noteOrComplain(_ event: DeployEvent) async {
        do { try await self.note(event) } catch {
            self.say("    \(error.reason)")
            self.transaction.apply(event)
        }
    }

    private func words(_ error: any Error) -> String {
        (error as? ActFailure)?.reason ?? (error is CancellationError ? "it was interrupted" : "\(error)")
    }

    // MARK: The watchdog

    /// Before the plan what is built here, as any of it may change: naming none would mean all.
    private var watchdogLeavesAlone: [String] {
        let changed = Set(self.transaction.units.map(\.service))
        let built = self.project.services.filter(\.value.hasBuild).keys
        return (changed.isEmpty ? Set(built).union([self.settings.service]) : changed).sorted()
    }

    /// How long an act may take at most; the watchdog stands by for a little longer.
    private func limit(of act: Act) -> Duration {
        switch act {
        case .build, .migrate: Self.buildLimit + .seconds(60)
        case .probation: self.settings.probation + .seconds(60)
        default: Self.actLimit
        }
    }

    /// Where a build hangs for ever there is something else wrong.
    static nonisolated let buildLimit = Duration.seconds(3_600)
    /// Larger than the gate of a healthcheck with long numbers.
    static nonisolated let actLimit = Duration.seconds(1_800)

    // MARK: Doing

    private func carryOut(_ act: Act) async throws(ActFailure) {
        switch act {
        case .pin: try await self.pin()
        case .build: try await self.build()
        case .migrate(let service): try await self.migrate(service)
        case .prepare(let unit): try await self.prepare(self.transaction.units[unit])
        case .rehearse(let unit): try await self.rehearse(self.transaction.units[unit])
        case .retire(let unit): try await self.retire(self.transaction.units[unit])
        case .bring(let unit): try await self.bring(self.transaction.units[unit])
        case .launch(let unit): try await self.launch(self.transaction.units[unit])
        case .gate(let unit): try await self.gate(self.transaction.units[unit])
        case .show: try await self.show()
        case .verify: try await self.verify()
        case .probation: try await self.watchProbation()
        case .reread: try await self.reread()
        case .commit:
            let isReplacing = !self.transaction.indices(.replace).isEmpty
            self.say("==> done" + (isReplacing ? "; the old containers are removed" : ""))
        case .discard(let unit): try await self.discard(self.transaction.units[unit])
        case .settle: try await self.settle()
        case .undo(let unit): try await self.undo(self.transaction.units[unit])
        case .restoreTags: try await self.restoreTags()
        case .rereadOld: try await self.rereadOld()
        }
    }

    // MARK: Talking to the engine

    /// How long an engine that does not answer is waited for: it may be being restarted.
    private static nonisolated let engineWait = Duration.seconds(60)
    private static nonisolated let stumbleWait = Duration.seconds(2)

    /// Does what the engine is asked for, again and again while there is none. For calls that may be made twice.
    func patiently<Value>(
        _ body: () async throws(EngineError) -> Value
    ) async throws(ActFailure) -> Value {
        let began = Loop.now
        while true {
            do throws(EngineError) { return try await body() } catch {
                let wait =
                    switch error.code {
                    case .unreachable, .timedOut: Self.engineWait
                    // Among others: it stumbles over a container that is just ending by itself.
                    case .refused(500): Self.stumbleWait
                    default: Duration.zero
                    }
                guard began.duration(to: Loop.now) < wait,
                    (try? await Loop.sleep(for: .milliseconds(500))) != nil
                else { throw ActFailure(error.message) }
            }
        }
    }

    /// A container by id or name; nil when there is none.
    func container(_ idOrName: String) async throws(ActFailure) -> ContainerDetails? {
        try await self.patiently { () async throws(EngineError) -> ContainerDetails? in
            do throws(EngineError) { return try await self.engine.inspect(idOrName, within: .seconds(10)) } catch {
                guard error.code == .notFound else { throw error }
                return nil
            }
        }
    }

    /// The containers of a service, or of the whole project, but those of `docker compose run`, rehearsals and those that a
    /// person ran by hand.
    func containers(of service: String? = nil) async throws(ActFailure) -> [ContainerDetails] {
        var labels = ["\(ComposeLabels.project)=\(self.project.name)"]
        if let service { labels.append("\(ComposeLabels.service)=\(service)") }
        let summaries = try await self.patiently { () async throws(EngineError) in
            try await self.engine.containers(labels: labels, within: .seconds(10))
        }
        var found: [ContainerDetails] = []
        for summary in summaries where ComposeLabels.isReplica(summary.labels) {
            if let details = try await self.container(summary.id) { found.append(details) }
        }
        return found
    }

    func stop(_ container: ContainerDetails) async throws(ActFailure) {
        let grace = Duration.seconds(container.stopTimeoutSeconds ?? 10)
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.stop(container.id, grace: nil, within: grace + .seconds(30))
        }
    }

    /// Removes a container that is not to serve any more; running or not, and whether it is still there or not.
    func removeNew(_ idOrName: String) async throws(ActFailure) {
        guard let container = try await self.container(idOrName) else { return }
        if container.state != .created { try await self.stop(container) }
        try await self.patiently { () async throws(EngineError) in
            try await self.engine.remove(container.id, withAnonymousVolumes: true, within: .seconds(30))
        }
    }

    // MARK: What clients see

    func beginMeasuring(_ old: ContainerDetails) async {
        let front = await self.front()
        let ports = front?.publishedPorts ?? old.publishedPorts
        if self.gap == nil, let url = self.settings.outside(ports, path: self.settings.healthURL.path) {
            self.gap = GapMeter(url, isFront: front != nil)
        }
        self.gap?.ask(.swap)
    }

    /// Says what clients saw of a swap. From there on it is asked less often: what is deployed can still fail.
    func tellGap() {
        guard let gap = self.gap, let seen = gap.sum() else { return }
        gap.ask(.watch)
        self.longestGap = max(self.longestGap ?? .zero, seen.longest)
        self.say("    \(seen.words)")
    }

    private func endMeasuring() async {
        guard let gap = self.gap else { return }
        let isUndone = self.transaction.phase == .undoing && self.transaction.hasTouched
        // What clients see right after the old one is back counts too.
        if isUndone { await self.waitAtFront() }
        defer { gap.end() }
        guard let seen = gap.sum() else { return }
        self.longestGap = max(self.longestGap ?? .zero, seen.longest)
        if isUndone || seen.hasFailures { self.say("    \(seen.words)") }
    }
}
