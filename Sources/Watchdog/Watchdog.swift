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
    /// The stops that are going on of those that are to be started again.
    var ownStops: [ServiceID: OwnStop] = [:]
    /// Where the event stream is to go on after an interruption.
    var lastEvent: String?
    /// Services whose containers are being looked at now, and whether they need another look after that.
    var refreshing: [String: Bool] = [:]
    /// When the latest look at a service's containers began.
    var refreshed: [String: Moment] = [:]
    /// When the next look at a process and its health URL is due.
    var nextLook: [ServiceID: Moment] = [:]
    var settling = Settling()
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
    var sawDeploy = false
    /// The services of which the core was told that a deploy answers for them.
    var deployingTold: Set<String> = []
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
    /// Is told a record, its time, and whether it is in the journal.
    typealias Listener = @Loop (Record, Timestamp, _ isKept: Bool) -> Void

    /// Who wants to hear of records, and the answers that wait for some.
    private var listeners: [Int: (hears: Listener, answer: Promise<ControlReply>)] = [:]
    private var lastListener = 0
    private(set) var isStopping = false
    /// Keeps other watchdogs of the project out while this one runs.
    var lockHeld: FileLock?
    /// Set when another one runs in its place.
    var displaced: WatchError?
    /// Makes the control socket anew.
    var renewControl: () -> Void = {}

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
    /// - Throws: ``WatchError`` when it can't begin; once it has begun nothing ends it but ``stop()`` and another watchdog
    ///   in its place.
    public func run() async throws(WatchError) {
        self.lockHeld = try self.lock()
        defer { self.lockHeld = nil }
        try await self.journal.open()
        try await self.engine.requireAnswer()
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
            group.addLoopTask { while await self.serveControl() {} }
            if let webhook { group.addLoopTask { await webhook.run() } }
            let actionsLeft = await self.carryOut(self.decisions)
            group.cancelAll()
            return actionsLeft
        }
        await self.note([("event", "watch_stopped"), ("actions_in_flight", String(actionsLeft))])
        if let displaced { throw displaced }
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

    /// For who carries nothing out: or all would be told as it is while a restart goes on.
    func onlyLook() { self.state.isOnlyLooking = true }

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
                    let isKept = await self.journal.append(
                        record.fields + self.suspect(of: record, at: time), at: time)
                    for listener in self.listeners.values { listener.hears(record, time, isKept) }
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
        } catch is Yielded {
            self.take(.actionEnded(id, .yielded))
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
            try await self.restart(id, action.container, grace: grace)
        case .start:
            try await self.engine.start(action.container, within: .seconds(30))
        case .recreate(let grace):
            try await self.recreate(id, action.container, grace: grace)
        case .rollBack(let image, let grace):
            try await self.rollBack(id, action.container, to: image, grace: grace)
        }
    }

    /// Somebody else wants it stopped.
    private struct Yielded: Error {}

    /// Stops it and starts it. The engine's own restart would start it under the hands of whoever stops or replaces it
    /// meanwhile.
    private func restart(_ id: ServiceID, _ container: String, grace: Duration) async throws {
        let limit = grace + .seconds(30)
        if self.known[id]?.isRemovedWhenStopped == true {
            return try await self.engine.restart(container, grace: grace, within: limit)
        }
        let stop = OwnStop(of: container, killsAt: self.timeline.now + grace)
        self.ownStops[id] = stop
        defer { self.ownStops[id] = nil }
        do throws(EngineError) { try await self.engine.stop(container, grace: grace, within: limit) } catch {
            guard error.code == .cancelled else { throw error }
            // We end before it is over: from here the engine brings it back without us.
            let rest = stop.grace(at: self.timeline.now)
            await Task { @Loop in try? await self.engine.restart(container, grace: rest, within: .seconds(1)) }.value
            throw error
        }
        if self.ownStops[id]?.isJoined == true { throw Yielded() }
        try await self.engine.start(container, within: .seconds(30))
    }

    /// Tells of each record from now on, once it is in the journal or can't be, until `answer` is there.
    ///
    /// - Returns: for ``forget(_:)``.
    func listen(until answer: Promise<ControlReply>, _ hears: @escaping Listener) -> Int {
        self.lastListener += 1
        self.listeners[self.lastListener] = (hears, answer)
        return self.lastListener
    }

    func forget(_ listener: Int) { self.listeners[listener] = nil }

    func pause(of service: String) -> Pause? { self.state.pause(of: service, at: self.timeline.now) }

    /// Puts a line into the journal that is about the watchdog itself. The journal is of those who watch: who only looks
    /// leaves none.
    func note(_ fields: [Record.Field]) async {
        guard !self.state.isOnlyLooking else { return }
        await self.journal.append(fields, at: .now)
    }

    /// Names the deploy with which what begins now may have come.
    private func suspect(of record: Record, at time: Timestamp) -> [Record.Field] {
        guard case .detected = record.event, let service = record.service?.service,
            let deploy = self.deployBefore(service, time)
        else { return [] }
        return [("deploy", deploy)]
    }
}
