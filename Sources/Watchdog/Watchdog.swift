import CLinux
import Compose
public import Docker
public import EventLoop
import Healing
public import Support

/// Keeps services of one Compose project alive, or containers by their label: gathers facts, asks the healing core, and
/// carries out what that decides. It decides nothing itself.
@Loop
public final class Watchdog {
    let settings: WatchSettings
    let watched: Watched
    let engine: Engine
    let journal: Journal
    let host: Host
    let timeline = Timeline()
    private let webhook: Webhook?

    /// Called at the start and whenever a deploy has let go of the project: it may have been killed in the middle.
    public var onDeployEnd: @Loop () async -> Void = {}

    /// The deploy that changed a service in the hour before a time; nil where there was none.
    public var deployBefore: @Loop (_ service: String, Timestamp) -> String? = { _, _ in nil }

    /// The services that are looked after at the moment.
    var services: [String: Watched.Service]
    /// The containers as last inspected.
    var known: [ServiceID: ContainerDetails] = [:]
    /// Whose health URLs are asked, and how.
    var probers: [ServiceID: Prober] = [:]
    /// Where the event stream is to go on after an interruption.
    var lastEvent: String?
    /// Services whose containers are being looked at now, and whether they need another look after that.
    var refreshing: [String: Bool] = [:]
    /// When the latest look at a service's containers began.
    var refreshed: [String: Moment] = [:]
    /// When the next look at a process and its health URL is due.
    var nextLook: [ServiceID: Moment] = [:]
    /// How many services have been given a time of their own within the interval.
    var placesGiven = 0
    /// Since when a service that was found by its label has no container.
    var vanished: [String: Moment] = [:]
    /// Services that were said to have no healthcheck.
    var saidUnchecked: Set<String> = []
    /// Whether it was said why a network namespace can't be entered.
    var saidWay = false
    var conditions: [ServiceID: ProcessCondition] = [:]
    /// When a probe of the service went out that has not come back, or was last sent.
    var probing: Set<ServiceID> = []
    var lastProbe: [ServiceID: Moment] = [:]
    var lastOutcome: [ServiceID: ProbeResult.Outcome] = [:]
    /// Whether a deploy was going on at the last look.
    private var sawDeploy = false
    private var deployingTold: Set<String> = []
    /// Between two pulses.
    let pulseRest = Rest()
    /// Whether nothing looked bad when that began.
    var isPulseCalm = true
    /// Between two questions whether the engine is there, the last of which was at `engineAsked`.
    let engineRest = Rest()
    var engineAsked = Moment(.zero)

    private(set) var state: HealingState
    private var alarm: LoopTimer?
    private let decisions: AsyncStream<(Decision, Timestamp)>
    private let pendingDecisions: AsyncStream<(Decision, Timestamp)>.Continuation
    private(set) var actionsInFlight = 0
    private let evidence: EvidenceKeeper
    /// Who wants to hear of records once they are in the journal, and the answers that wait for some.
    private var listeners: [Int: (hears: @Loop (Record, Timestamp) -> Void, answer: Promise<ControlReply>)] = [:]
    private var lastListener = 0
    private var isStopping = false

    /// - Parameter echo: gets each line of the journal too.
    public init(
        _ settings: WatchSettings, watched: Watched, engine: Engine, echo: @escaping (String) -> Void
    ) {
        self.settings = settings
        self.watched = watched
        self.engine = engine
        self.journal = Journal(path: settings.logFile, echo: echo)
        self.webhook = settings.webhook.map { Webhook($0) }
        self.host = Host(engine: engine)
        self.services = watched.services
        self.state = HealingState(
            dependencies: watched.dependencies,
            probed: Set(watched.services.filter { $0.value.settings.healthURL != nil }.keys),
            relations: watched.services.mapValues(\.relations),
            policies: watched.services.mapValues(\.settings.policy))
        self.evidence = EvidenceKeeper(
            watched, engine: engine, origin: self.timeline.timestamp(of: Moment(.zero)))
        (self.decisions, self.pendingDecisions) = AsyncStream.makeStream()
    }

    var vigilant: Set<String> { self.state.vigilant }

    /// How long the service's health URL may take now.
    func probeLimit(_ id: ServiceID) -> Duration {
        let usual = self.services[id.service]?.settings.timeout.value ?? WatchSettings.probeTimeout
        return self.state.isStarved(id, at: self.timeline.now) ? max(usual, WatchSettings.probeTimeoutStarved) : usual
    }

    /// Watches until `stop()` is called; returns soon where it was called before.
    ///
    /// - Throws: ``WatchError`` when it can't begin; once it has begun nothing ends it but ``stop()``.
    public func run() async throws(WatchError) {
        let lock = try self.lock()
        defer { withExtendedLifetime(lock) {} }
        try await self.journal.open()
        try await self.requireEngine()
        await self.waitForStart()
        let resumed = await self.resume()
        await self.note([("event", "watch_started")] + self.identity + resumed)
        for warning in self.watched.warnings { await self.note([("event", "settings_warning"), ("warning", warning)]) }
        await self.onDeployEnd()
        try await self.requireProbe()
        self.releaseReadOnlyMemory()
        let actionsLeft = await withDiscardingTaskGroup { group in
            group.addLoopTask { await self.followEngine() }
            group.addLoopTask { await self.keepPulse() }
            group.addLoopTask { await self.sweep() }
            group.addLoopTask { await self.serveControl() }
            if let webhook { group.addLoopTask { await webhook.run() } }
            let actionsLeft = await self.carryOut(self.decisions)
            group.cancelAll()
            return actionsLeft
        }
        await self.note([("event", "watch_stopped"), ("actions_in_flight", String(actionsLeft))])
    }

    /// Ends ``run()`` once the action in flight is over, after 10 s at the latest: what is then still going on stands in
    /// the journal and is taken up by the next watchdog.
    public func stop() {
        guard !self.isStopping else { return }
        self.isStopping = true
        for listener in self.listeners.values {
            listener.answer.fulfil(ControlReply(.unproven, "the watchdog is being stopped"))
        }
        Loop.after(.seconds(10)) { self.pendingDecisions.finish() }
        if self.actionsInFlight == 0 { self.pendingDecisions.finish() }
    }

    // MARK: Deciding and carrying out

    /// Tells the core a fact and queues what it decides.
    @discardableResult
    func take(_ fact: Fact) -> [Decision] {
        let now = self.timeline.now
        let decisions = self.state.step(fact, at: now)
        self.evidence.remember(fact, decisions, at: now)
        for decision in decisions { self.pendingDecisions.yield((decision, .now)) }
        self.alarm?.cancel()
        self.alarm = self.state.nextTick.map { next in
            Loop.after(max(.zero, next - now)) {
                self.take(.tick)
                // The pulse of what looks bad has its own time, however many are bad.
                if self.isPulseCalm, self.state.isVigilant { self.pulseRest.end() }
            }
        }
        return decisions
    }

    /// One after the other, so that each record is on the disk before the action it announces. The actions themselves
    /// run side by side.
    ///
    /// - Returns: how many actions were still going on when there was to be an end.
    private func carryOut(_ decisions: AsyncStream<(Decision, Timestamp)>) async -> Int {
        await withDiscardingTaskGroup { group in
            for await (decision, time) in decisions {
                switch decision {
                case .record(let record):
                    await self.journal.append(record.fields + self.suspect(of: record, at: time), at: time)
                    for listener in self.listeners.values { listener.hears(record, time) }
                    if let finish = self.evidence.note(record, at: time, in: self.state) { group.addLoopTask(finish) }
                    self.webhook?.tell(record, of: record.service.flatMap { self.known[$0]?.name })
                case .act(let id, let action):
                    self.actionsInFlight += 1
                    group.addLoopTask {
                        await self.act(id, action)
                        self.actionsInFlight -= 1
                        if self.isStopping, self.actionsInFlight == 0 { self.pendingDecisions.finish() }
                    }
                }
            }
            let actionsLeft = self.actionsInFlight
            group.cancelAll()
            return actionsLeft
        }
    }

    private func act(_ id: ServiceID, _ action: Action) async {
        self.take(.actionPrepares(id))
        await self.evidence.capture(
            before: action, of: id, pid: self.known[id]?.pid ?? 0, in: self.state)
        do {
            // The deploy may have begun since the decision.
            let deploying = self.deploying
            if deploying.contains(id.service) {
                self.tellDeploying(deploying)
                throw EngineError(.cancelled, "a deploy has begun")
            }
            if self.pause(of: id.service) != nil { throw EngineError(.cancelled, "a pause has begun") }
            if self.isStopping { throw EngineError(.cancelled, "the watchdog is being stopped") }
            if action.kind != .start, self.state.isStoppedByOthers(id, at: self.timeline.now) {
                throw EngineError(.cancelled, "somebody has stopped it meanwhile")
            }
            self.take(.actionBegins(id))
            try await self.carryOut(id, action)
            self.take(.actionEnded(id, .succeeded))
        } catch {
            self.take(.actionEnded(id, .failed("\(error)")))
        }
        // What was known of the container is outdated now, and nothing is decided on it.
        self.refreshSoon(id.service)
    }

    private func carryOut(_ id: ServiceID, _ action: Action) async throws {
        switch action.kind {
        case .restart(let grace):
            let awakening = self.known[id].flatMap { StoppedProcess($0.pid) }.map { stopped in
                Task { @Loop in
                    // By then the stop signal waits for it, and is the first that it hears.
                    try await Loop.sleep(for: .milliseconds(200))
                    stopped.wake()
                }
            }
            defer { awakening?.cancel() }
            try await self.engine.restart(action.container, grace: grace, within: grace + .seconds(30))
        case .start:
            try await self.engine.start(action.container, within: .seconds(30))
        case .recreate(let grace):
            try await self.recreate(id, action.container, grace: grace)
        case .rollBack(let image, let grace):
            try await self.rollBack(id, action.container, to: image, grace: grace)
        }
    }

    /// Tells of each record from now on, once it is in the journal, until `answer` is there.
    ///
    /// - Returns: for ``forget(_:)``.
    func listen(until answer: Promise<ControlReply>, _ hears: @escaping @Loop (Record, Timestamp) -> Void) -> Int {
        self.lastListener += 1
        self.listeners[self.lastListener] = (hears, answer)
        return self.lastListener
    }

    func forget(_ listener: Int) { self.listeners[listener] = nil }

    func pause(of service: String) -> Pause? { self.state.pause(of: service, at: self.timeline.now) }

    /// Puts a line into the journal that is about the watchdog itself.
    func note(_ fields: [Record.Field]) async {
        await self.journal.append(fields, at: .now)
    }

    /// Names the deploy with which what begins now may have come.
    private func suspect(of record: Record, at time: Timestamp) -> [Record.Field] {
        guard case .detected = record.event, let service = record.service?.service,
            let deploy = self.deployBefore(service, time)
        else { return [] }
        return [("deploy", deploy)]
    }

    /// Tells the core which services a deploy answers for, when that is news.
    func tellDeploying(_ deploying: Set<String>) {
        guard deploying != self.deployingTold else { return }
        self.deployingTold = deploying
        self.take(.deploying(deploying))
    }

    /// The services that a deploy answers for now.
    var deploying: Set<String> {
        DeployMarker.covered(of: self.services.keys, lock: self.watched.folder.deployLock)
    }

    var isDeployGoingOn: Bool { FileLock.holder(ofLockAt: self.watched.folder.deployLock) != nil }

    /// Tells the core of a deploy that has begun: what it does to its containers must not come as a surprise.
    ///
    /// - Returns: whether one is going on.
    @discardableResult
    func lookForDeploy() -> Bool {
        guard self.isDeployGoingOn else { return false }
        self.sawDeploy = true
        self.tellDeploying(self.deploying)
        return true
    }

    /// Tells the core whether a deploy is going on.
    ///
    /// - Returns: whether one has ended that was going on at an earlier look.
    func hasDeployEnded() -> Bool {
        if self.lookForDeploy() { return false }
        self.tellDeploying([])
        defer { self.sawDeploy = false }
        return self.sawDeploy
    }

    // MARK: Beginning

    /// Two thirds of the memory of a program that has just begun are pages of libraries and of its own code that only
    /// the start needed (dynamic linking, TLS tables, reading the compose file); those that only a look at the containers
    /// needs come again with each. Measured: 20.4 MB resident without this, 12.8 MB with it.
    func releaseReadOnlyMemory() {
        linux_release_read_only_pages()
    }

    private func lock() throws(WatchError) -> FileLock {
        self.watched.folder.make()
        do { return try FileLock(path: self.watched.folder.watchLock) } catch {
            switch error {
            case .held(let pid):
                let owner = pid.map { "with pid \($0)" } ?? "with an unknown pid"
                throw WatchError(
                    .alreadyRunning,
                    "a watchdog \(owner) already watches project \(self.watched.project). "
                        + "Stop that one first (kill \(pid.map(String.init) ?? "PID")), or leave it at its work.")
            case .unusable(let reason):
                throw WatchError(.logFileUnusable, "the lock can't be taken: \(reason). Make its folder writable.")
            }
        }
    }

    private func requireEngine() async throws(WatchError) {
        do { try await self.engine.ping(within: .seconds(5)) } catch {
            throw WatchError(
                .engineMissing,
                "no Docker Engine answers at \(self.engine.socketPath): \(error). "
                    + "Start it (scripts/up.sh does), or point DOCKER_HOST at its unix socket.")
        }
    }

    /// Finds out at once whether there is any way to ask the health URL of the service that was named, where a container
    /// is there to try it on.
    private func requireProbe() async throws(WatchError) {
        guard let service = self.watched.target else { return }
        await self.refresh(service)
        let target = self.known.first { $0.key.service == service && $0.value.state == .running }
        guard let (id, details) = target, let prober = self.prober(for: id) else { return }
        let (outcome, change) = await prober.probe(details.id, pid: details.pid, within: self.probeLimit(id))
        guard let change else { return }
        if case .inconclusive(let reason) = outcome {
            // A process that was about to end can't be asked in any way either, and that is what we are here for.
            guard await self.isStillRunning(details) else { return }
            throw WatchError(
                .probeImpossible,
                "\(prober.url) can't be asked inside \(service): \(reason), and its network "
                    + "namespace can't be entered (\(change)). Put curl into the image, or run the watchdog as root.")
        }
        await self.noteWay(change, of: id)
    }

    private func isStillRunning(_ run: ContainerDetails) async -> Bool {
        let now = try? await self.engine.inspect(run.id, within: .seconds(5))
        return now?.state == .running && now?.startedAt == run.startedAt
    }

    /// Says once that, and why, health URLs are not asked the cheap way.
    func noteWay(_ reason: String, of id: ServiceID) async {
        guard !self.saidWay else { return }
        self.saidWay = true
        await self.note([("event", "probe_by_exec"), ("service", id.service), ("reason", reason)])
    }

    /// What asks the health URL of a service; nil where none is asked.
    func prober(for id: ServiceID) -> Prober? {
        guard let settings = self.services[id.service]?.settings, let url = settings.healthURL?.value else {
            return nil
        }
        if let prober = self.probers[id], prober.url == url { return prober }
        let prober = Prober(engine: self.engine, url: url)
        self.probers[id] = prober
        return prober
    }

    /// The time that was asked for before the first look. A watchdog that is stopped meanwhile has nothing to finish.
    private func waitForStart() async {
        let end = self.timeline.now + self.settings.startDelay
        while !self.isStopping, self.timeline.now < end {
            try? await Loop.sleep(for: min(.milliseconds(200), end - self.timeline.now))
        }
    }

    /// Takes up what the journal tells.
    func resume() async -> [Record.Field] {
        let contents = Journal.read(self.settings.logFile, of: self.watched.project)
        self.evidence.restore(contents.records)
        await self.discover(withOpenIncidents: contents.openIncidents)
        self.state.restore(contents.records.map { ($0.0, at: self.timeline.moment(of: $0.at)) })
        if let last = contents.lastTime, Timestamp.now - last < .seconds(600) {
            // What happened while nobody watched, as far as the engine remembers it.
            self.lastEvent = EngineEvent.since(last)
        }
        var fields: [Record.Field] = [("records_replayed", String(contents.records.count))]
        if contents.damagedLines > 0 {
            complain("\(contents.damagedLines) damaged lines in \(self.settings.logFile) were skipped")
            fields.append(("damaged_lines", String(contents.damagedLines)))
        }
        return fields
    }

    private var identity: [Record.Field] {
        [
            ("project", self.watched.project), ("service", self.watched.target ?? "*"), ("pid", String(processID())),
            ("interval", self.settings.interval.seconds),
        ]
            + (self.watched.target.flatMap { self.services[$0]?.settings.healthURL }.map {
                [("url", $0.value.description)]
            } ?? [])
    }
}
