import Healing
import Testing

/// A conversation with the healing core: the test says what the world says and when, and hears what the core answers.
///
/// Time stands still unless the test waits, and the core is ticked at exactly the moments it asked for. What it answers
/// is kept as short lines ("app detected frozen", "app restart 10s, attempt 1") until the test asks with ``heard()``.
struct Conversation {
    static let app = ServiceID("app")
    static let db = ServiceID("db")

    var healing: HealingState
    /// The world as the engine would describe it.
    var containers: [ServiceID: Container] = [:]
    private(set) var now = Moment(.zero)
    private(set) var journal: [(Record, at: Moment)] = []
    private(set) var actions: [(id: ServiceID, kind: Action.Kind, at: Moment)] = []
    /// What was said and done, as it is kept for a replay.
    private(set) var memory = FactMemory()
    private var lines: [String] = []
    /// How often a health log was said to stand still. No line: in most conversations Docker is silent.
    private(set) var stale = 0
    private var runs = 0

    init(
        _ dependencies: [String: [String]] = ["app": []], policy: Policy = Policy(),
        relations: [String: Relations] = [:], policies: [String: Policy] = [:]
    ) {
        self.healing = HealingState(
            policy: policy, dependencies: dependencies, probed: ["app"], relations: relations, policies: policies)
    }

    /// An app that runs and answers for an hour already; Docker says so too.
    static func healthyApp(_ adjust: (inout Container) -> Void = { _ in }) -> Conversation {
        var talk = Conversation()
        talk.runs("app", adjust)
        talk.probe(.passed)
        return talk
    }

    /// The app as in ``healthyApp``, and a database it depends on that is well too and has no restart policy.
    static func healthyAppAndDB(_ adjustDB: (inout Container) -> Void = { _ in }) -> Conversation {
        var talk = Conversation(["app": ["db"], "db": []])
        talk.runs("db", adjustDB)
        talk.runs("app")
        talk.probe(.passed)
        return talk
    }

    /// An app without a restart policy that two restarts did not help: it is to be made anew, and that has just begun.
    static func appBeingMadeAnew() -> Conversation {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        for _ in 0..<2 {
            talk.probes(.timedOut, for: 6)
            talk.wait(0.2)
            talk.succeeds()
            talk.examine()
        }
        while talk.actions.count < 3 { talk.probes(.timedOut, for: 1) }
        #expect(talk.actions.map(\.kind.name) == ["restart", "restart", "recreate"])
        return talk
    }

    // MARK: Saying

    mutating func say(_ fact: Fact, sourceLocation: SourceLocation = #_sourceLocation) {
        var announced: Record?
        if fact != .tick { self.memory.add(.fact(fact, at: self.now)) }
        for decision in self.healing.step(fact, at: self.now) {
            switch decision {
            case .record(let record):
                announced = record
                self.journal.append((record, at: self.now))
                if case .staleHealth = record.event { self.stale += 1 } else { self.lines.append(record.line) }
            case .act(let id, let action):
                // The record of an action is durable before the action.
                guard let record = announced, record.service == id, case .acted(action.kind, _, _) = record.event else {
                    Issue.record("an action without its record right before it", sourceLocation: sourceLocation)
                    continue
                }
                #expect(action.container == self.containers[id]?.run.container ?? "", sourceLocation: sourceLocation)
                self.actions.append((id, action.kind, self.now))
                self.memory.add(.acted(id, action, at: self.now))
            }
        }
        if let next = self.healing.nextTick {
            #expect(next > self.now, "a tick in the past is a busy loop", sourceLocation: sourceLocation)
        }
    }

    /// Lets time pass, with ticks where they were asked for.
    mutating func wait(_ seconds: Double) {
        let end = self.now + .milliseconds(Int64((seconds * 1_000).rounded()))
        while let next = self.healing.nextTick, next > self.now, next <= end {
            self.now = next
            self.say(.tick)
        }
        self.now = end
        self.say(.tick)
    }

    /// The machine stands still: time passes in which nobody says or hears anything.
    mutating func standsStill(for seconds: Double) {
        self.now = self.now + .milliseconds(Int64((seconds * 1_000).rounded()))
    }

    /// An inspection of all containers of the service, now.
    mutating func look(_ service: String = "app") {
        var replicas: [Int: Container] = [:]
        for (id, container) in self.containers where id.service == service { replicas[id.replica] = container }
        self.say(.observed(service: service, containers: replicas))
    }

    /// The service runs since an hour, with a healthcheck that passed a moment ago.
    mutating func runs(_ service: String, replica: Int = 1, _ adjust: (inout Container) -> Void = { _ in }) {
        self.runs += 1
        let health = DockerHealth(
            status: .healthy, lastCheck: .init(began: self.now - .seconds(1), verdict: .passed), interval: .seconds(30),
            timeout: .seconds(5), retries: 3)
        var container = Container(
            run: .init(container: "\(service)-\(replica)", started: "run \(self.runs)"), state: .running,
            started: self.now - .seconds(3_600), restartPolicy: service == "db" ? .no : .always,
            stopGrace: service == "db" ? .seconds(60) : .seconds(10), isStateless: service != "db", health: health)
        adjust(&container)
        let id = ServiceID(service, replica: replica)
        self.containers[id] = container
        self.look(service)
        if container.state == .running { self.examine(id) }
    }

    /// Changes the world without a word.
    mutating func silently(_ id: ServiceID = app, _ change: (inout Container) -> Void) {
        guard var container = self.containers[id] else { return }
        change(&container)
        self.containers[id] = container
    }

    /// Changes the world and shows it.
    mutating func becomes(_ id: ServiceID = app, _ change: (inout Container) -> Void) {
        self.silently(id, change)
        self.look(id.service)
    }

    mutating func exits(_ id: ServiceID = app, code: Int = 1, _ state: Container.State = .exited) {
        self.becomes(id) {
            $0.state = state
            $0.exitCode = code
        }
    }

    /// A new run of the container begins, unseen as yet.
    mutating func beginsRun(_ id: ServiceID = app, container: String? = nil) {
        self.runs += 1
        let (number, now) = (self.runs, self.now)
        self.silently(id) {
            $0.run = .init(container: container ?? $0.run.container, started: "run \(number)")
            $0.state = .running
            $0.started = now
            $0.exitCode = 0
            $0.startError = nil
            $0.health?.status = .starting
            $0.health?.lastCheck = nil
        }
    }

    /// Docker's healthcheck ran just now, and this is what the engine thinks afterwards.
    mutating func docker(_ status: DockerHealth.Status, _ verdict: DockerHealth.Check.Verdict, _ id: ServiceID = app) {
        let now = self.now
        self.becomes(id) {
            $0.health?.status = status
            $0.health?.lastCheck = .init(began: now, verdict: verdict)
        }
    }

    /// A probe that began `ago` seconds before now, of the present run unless told otherwise.
    mutating func probe(
        _ outcome: ProbeResult.Outcome, _ id: ServiceID = app, ago: Double = 0, run: Container.Run? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let run = run ?? self.containers[id]?.run else { return }
        let began = self.now - .milliseconds(Int64(ago * 1_000))
        self.say(.probed(id, ProbeResult(run: run, began: began, outcome: outcome)), sourceLocation: sourceLocation)
    }

    /// A probe each second for some time, as the watchdog does it: while it is vigilant it looks as well.
    mutating func probes(_ outcome: ProbeResult.Outcome, for seconds: Int, _ id: ServiceID = app) {
        for _ in 0..<seconds {
            self.wait(1)
            self.probe(outcome, id)
            if self.healing.isVigilant { self.look(id.service) }
            for service in self.healing.vigilant.sorted() where service != id.service { self.look(service) }
        }
    }

    mutating func examine(
        _ id: ServiceID = app, isStopped: Bool = false, isTraced: Bool = false, activity: Activity? = nil
    ) {
        guard let run = self.containers[id]?.run else { return }
        let condition = ProcessCondition(isStopped: isStopped, isTraced: isTraced, activity: activity)
        self.say(.examined(id, run: run, condition))
    }

    /// A failing probe each second, in which its processes run and wait for so many milliseconds.
    mutating func probes(
        _ outcome: ProbeResult.Outcome, for seconds: Int, running ran: Int, waiting waited: Int, _ id: ServiceID = app
    ) {
        for second in 1...seconds {
            self.wait(1)
            let activity = Activity(
                ran: .milliseconds(ran * second), waited: .milliseconds(waited * second))
            self.examine(id, activity: activity)
            self.probe(outcome, id)
            self.look(id.service)
        }
    }

    /// An engine event of the service's present container, `ago` seconds old.
    mutating func event(
        _ id: ServiceID = app, ago: Double = 0, _ event: (_ container: String) -> ContainerEvent
    ) {
        guard let container = self.containers[id]?.run.container else { return }
        self.say(.happened(id, event(container), at: self.now - .milliseconds(Int64(ago * 1_000))))
    }

    mutating func killed(_ id: ServiceID = app, ago: Double = 0, stops: Bool = true) {
        self.event(id, ago: ago) { .killed(container: $0, stops: stops) }
    }

    mutating func died(_ id: ServiceID = app, ago: Double = 0, code: Int = 0) {
        self.event(id, ago: ago) { .died(container: $0, exitCode: code) }
    }

    mutating func started(_ id: ServiceID = app, ago: Double = 0) {
        self.event(id, ago: ago) { .started(container: $0) }
    }

    /// Somebody or something stops it: the signal and the end are told, and a look shows it.
    mutating func isStopped(_ id: ServiceID = app, code: Int = 0) {
        self.killed(id)
        self.died(id, code: code)
        self.exits(id, code: code)
    }

    /// A new run begins, which is told and seen.
    mutating func runsAgain(_ id: ServiceID = app) {
        self.beginsRun(id)
        self.started(id)
        self.look(id.service)
    }

    /// The engine carries out what was decided: a new run begins, and its word comes back `seconds` later.
    mutating func succeeds(_ id: ServiceID = app, after seconds: Double = 0) {
        self.wait(seconds)
        self.beginsRun(id)
        self.look(id.service)
        self.say(.actionEnded(id, .succeeded))
        self.look(id.service)
    }

    /// The same for an action that makes the container anew.
    mutating func isReplaced(_ id: ServiceID = app, by container: String, image: String? = nil) {
        self.beginsRun(id, container: container)
        self.silently(id) { $0.image = image ?? $0.image }
        self.look(id.service)
        self.say(.actionEnded(id, .succeeded))
        self.look(id.service)
    }

    mutating func fails(_ id: ServiceID = app, _ reason: String = "refused") {
        self.say(.actionEnded(id, .failed(reason)))
        self.look(id.service)
    }

    // MARK: Hearing

    /// What was answered since the last time this was asked.
    mutating func heard() -> [String] {
        defer { self.lines = [] }
        return self.lines
    }

    /// The times between one attempt and the next, in seconds.
    var gaps: [Double] {
        zip(self.actions, self.actions.dropFirst()).map { earlier, later in
            let gap = (later.at - earlier.at).components
            return Double(gap.seconds) + Double(gap.attoseconds) / 1e18
        }
    }

    /// The watchdog is killed and another one takes over with its journal, or the first `count` records of it.
    mutating func restoreFromJournal(first count: Int? = nil) {
        var restored = HealingState(
            policy: self.healing.policy, dependencies: self.healing.dependencies, probed: self.healing.probed,
            relations: self.healing.relations)
        self.journal.removeSubrange((count ?? self.journal.count)...)
        restored.restore(self.journal)
        self.healing = restored
        self.lines = []
    }
}

extension Record {
    /// The record without its numbers and evidence.
    var line: String {
        let what =
            switch self.event {
            case .detected(let diagnosis): "detected \(diagnosis.kind.rawValue)"
            case .held(let dependencies): "held by \(dependencies.joined(separator: ","))"
            case .acted(.restart(let grace), let attempt, _): "restart \(grace.seconds), attempt \(attempt)"
            case .acted(.start, let attempt, _): "start, attempt \(attempt)"
            case .acted(.recreate(let grace), let attempt, _): "recreate \(grace.seconds), attempt \(attempt)"
            case .acted(.rollBack(let image, _), let attempt, _): "rollback to \(image), attempt \(attempt)"
            case .ownProbeAtFault: "own_probe_at_fault"
            case .startPeriodShort(let needs): "start_period_too_short \(needs.seconds)"
            case .imageVerified(let image): "image_verified \(image)"
            case .standDown(let reason): "stand_down \(reason)"
            case .leftAlone(let reason): "left_alone \(reason)"
            case .paused(let time, _): "paused \(time.seconds)"
            case .resumed(let end): "resumed \(end.rawValue)"
            case .actionSucceeded, .actionFailed, .restartedByEngine, .recovered, .healed, .unproven, .probeAtFault,
                .staleHealth, .personNeeded, .hostTrouble, .healAsked, .healRefused, .engineLost, .engineBack:
                self.event.name
            }
        return self.service.map { "\($0) \(what)" } ?? what
    }
}

extension Conversation {
    func verdict(_ id: ServiceID = app) -> Verdict? {
        self.healing.summaries(at: self.now).first { $0.id == id }?.verdict
    }
}
