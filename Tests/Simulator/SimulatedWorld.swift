import Healing
import Support

/// A project on an engine, with people, faults and a watchdog, in virtual time: all of it follows from the seed.
struct SimulatedWorld {
    /// A thing on its way to the watchdog.
    enum Message {
        case event(ServiceID, ContainerEvent, at: Int)
        /// An event that decides nothing, but is a reason to look.
        case news(ServiceID)
        case inspection(service: String, [Int: Container], asOf: Int)
        case probe(ServiceID, ProbeResult)
        /// A probe is not answered at once, so the kernel is asked too.
        case silence(ServiceID)
        case outcome(ServiceID, ActionOutcome)
    }

    struct Flight {
        let due: Int
        /// Which watchdog it is for; nil for whoever watches.
        let watchdog: Int?
        let message: Message
    }

    /// An action that the engine has been asked for.
    struct EngineAction {
        let id: ServiceID
        let action: Action
        let asked: Int
        let begins: Int
        let watchdog: Int
        var hasBegun = false
        var isDone = false
    }

    /// What may happen.
    struct Climate {
        var faults = true
        var people = true
        var engineTrouble = true
        var eventTrouble = true
        var watchdogDies = true
        /// The machine stands still, its clock is set, processors are short.
        var hostTrouble = true

        static let storm = Climate()
        static let calm = Climate(
            faults: false, people: false, engineTrouble: false, eventTrouble: false, watchdogDies: false,
            hostTrouble: false)
    }

    /// When things happen next that happen by chance.
    struct Appointments {
        var fault = Int.max
        var person = Int.max
        var engine = Int.max
        var death = Int.max
        var host = Int.max

        var next: Int { min(self.fault, self.person, self.engine, self.death, self.host) }
    }

    var random: SplitMix64
    var climate = Climate.storm { didSet { self.makeAppointments() } }
    private var appointments = Appointments()
    /// Until when the machine, and the watchdog on it, stand still.
    private var stalledUntil = 0
    /// When the wall clock was set, and by how much.
    private var clockJumps: [(at: Int, by: Int)] = []
    /// Whether the story is kept; that costs more than the simulation itself.
    private let isTold: Bool
    private(set) var now = 0
    var services: [ServiceID: SimulatedService] = [:]
    let ids: [ServiceID]
    let dependencies: [String: [String]]
    let relations: [String: Relations]

    // The engine.
    private var isEngineUp = true
    private var engineChangesAt: Int?
    private var isDaemonDown = false
    private var heldEvents: [Flight] = []
    private var flights: [Flight] = []
    private var engineActions: [EngineAction] = []
    private var imagesEver = 1

    // The watchdog.
    private(set) var healing: HealingState
    private var watchdog = 1
    private var watchdogBackAt: Int?
    private(set) var isBlind = false
    private var dies = false
    private var journal: [(Record, at: Moment)] = []
    private var known: [ServiceID: Container] = [:]
    /// What the watchdog knows of processes and probes, and when it looks at them next.
    private var conditions: [ServiceID: ProcessCondition] = [:]
    private var lastOutcome: [ServiceID: ProbeResult.Outcome] = [:]
    private var probing: Set<ServiceID> = []
    private var nextLook: [ServiceID: Int] = [:]
    private var unsettledUntil: [ServiceID: Moment] = [:]
    private var sweepDue = 0
    private var pulseDue = 0
    private var isDeployTold = false
    private var isHealAsked = false
    private var deployEnds: Int?

    var judge: Judge
    private(set) var trace: [String] = []

    init(seed: UInt64, isTold: Bool) {
        var random = SplitMix64(seed: seed)
        let plan = Plan.drawn(&random)
        self.isTold = isTold
        self.dependencies = plan.dependencies
        self.relations = plan.relations
        self.ids = plan.ids
        let startPeriod = random.pick([0, 0, 10_000, 40_000])
        let dbPolicy = random.pick([Container.RestartPolicy.no, .no, .always])
        let dbGrace = random.pick([10_000, 60_000])
        self.healing = HealingState(dependencies: self.dependencies, probed: ["app"], relations: self.relations)
        self.judge = Judge(dependencies: self.dependencies, relations: self.relations)
        for id in self.ids {
            var service = SimulatedService(
                id: id, restartPolicy: id.service == "db" ? dbPolicy : .always,
                grace: id.service == "db" ? dbGrace : 10_000, startPeriod: startPeriod, isProbed: id.service == "app")
            service.beginRun(at: 0, by: .person, &random)
            if let host = self.relations[id.service]?.networkOf { service.networkContainer = "\(host)/1" }
            self.services[id] = service
        }
        self.random = random
        self.makeAppointments()
    }

    var seconds: Double { Double(self.now) / 1_000 }

    mutating func run(seconds: Int) {
        let end = self.now + seconds * 1_000
        while self.now < end, self.judge.verdict == nil { self.advance(to: end) }
    }

    /// Goes on until all is well and nothing is on its way, or for so long.
    mutating func run(untilQuietWithin seconds: Int) {
        let end = self.now + seconds * 1_000
        while self.now < end, self.judge.verdict == nil, !self.isQuiet { self.advance(to: end) }
    }

    /// Nothing would happen until somebody does something, but looks that show what is known.
    private var isQuiet: Bool {
        guard self.watchdogBackAt == nil, self.isEngineUp, !self.isDaemonDown, self.deployEnds == nil, !self.isBlind,
            !self.isDeployTold, !self.healing.isVigilant, self.healing.nextTick == nil,
            self.engineActions.allSatisfy(\.isDone), self.now >= self.stalledUntil
        else { return false }
        let moment = Moment(.milliseconds(self.now))
        let verdicts = self.healing.summaries(at: moment)
        guard verdicts.count == self.ids.count else { return false }
        return verdicts.allSatisfy { summary in
            guard summary.incident == nil, let service = self.services[summary.id], service.stopping == nil else {
                return false
            }
            let isHealthy = service.dockerStatus == .healthy && service.dockerCheck?.verdict == .passed
            return summary.verdict == .well && self.isWell(summary.id) && now >= service.starvedUntil && isHealthy
                || service.stoppedByPerson != nil && !service.isProcess || self.isLeftAlone(summary.id)
        }
    }

    /// Whether the engine is at an action, or its outcome is on its way.
    private var isActing: Bool {
        !self.engineActions.allSatisfy(\.isDone)
            || self.flights.contains { if case .outcome = $0.message { true } else { false } }
    }

    /// Lets time pass in which nothing happens: who looks finds what was there before.
    mutating func skip(milliseconds: Int) {
        // An action that is going on has its end before that, and is told of it.
        let end = self.now + 120_000
        while self.now < end, self.judge.verdict == nil, self.isActing { self.advance(to: end) }
        self.now += milliseconds
        self.flights.removeAll()
        (self.probing, self.nextLook, self.unsettledUntil) = ([], [:], [:])
        (self.sweepDue, self.pulseDue) = (self.now, self.now)
        for id in self.ids {
            self.change(id) { [now] service, random in
                guard service.state == .running, let check = service.dockerCheck else { return }
                let age = random.milliseconds(0...SimulatedService.checkInterval - 1)
                service.dockerCheck = .init(
                    began: Moment(.milliseconds(now - age)), verdict: check.verdict, mark: String(now - age))
                service.dockerCheckDue = now - age + SimulatedService.checkInterval
            }
        }
        self.makeAppointments()
    }

    private mutating func advance(to end: Int) {
        let due = self.nextDue
        // What is due and can't happen yet is looked at again soon.
        self.now = min(end, due > self.now ? due : self.now + 50)
        self.happen()
        self.advanceEngine()
        for id in self.ids { self.advance(id) }
        if self.now >= self.stalledUntil { self.advanceWatchdog() }
    }

    private var nextDue: Int {
        var due = min(self.appointments.next, self.deployEnds ?? .max, self.engineChangesAt ?? .max)
        for action in self.engineActions where !action.hasBegun { due = min(due, action.begins) }
        for service in self.services.values {
            due = min(due, service.due)
            if service.answersFrom > self.now { due = min(due, service.answersFrom) }
        }
        var watchdog = min(self.sweepDue, self.pulseDue)
        if let back = self.watchdogBackAt {
            watchdog = back
        } else {
            for flight in self.flights { watchdog = min(watchdog, flight.due) }
            if let tick = self.healing.nextTick?.sinceOrigin {
                // Not a moment too early.
                watchdog = min(watchdog, Int((tick / .milliseconds(1)).rounded(.up)))
            }
        }
        return min(due, max(watchdog, self.stalledUntil))
    }

    private mutating func makeAppointments() {
        func next(_ isOn: Bool, _ seconds: Double) -> Int {
            isOn ? self.now + self.random.wait(onceIn: seconds) : .max
        }
        self.appointments.fault = next(self.climate.faults, 60)
        self.appointments.person = next(self.climate.people, 90)
        self.appointments.engine = next(self.climate.engineTrouble, 400)
        self.appointments.death = next(self.climate.watchdogDies, 200)
        self.appointments.host = next(self.climate.hostTrouble, 200)
    }

    private mutating func note(_ line: @autoclosure () -> String) {
        guard self.isTold else { return }
        self.trace.append("\(self.seconds) s  \(line())")
    }

    func isWell(_ id: ServiceID) -> Bool { self.services[id]?.isWellInItself(at: self.now) ?? false }

    /// What it depends on and does not get.
    func missing(_ service: SimulatedService) -> [String] {
        (self.dependencies[service.id.service] ?? []).filter { name in
            !self.services.values.contains { $0.id.service == name && self.answers($0) }
        }
    }

    /// Whether it would answer well.
    private func answers(_ service: SimulatedService) -> Bool {
        service.isWellInItself(at: self.now) && self.missing(service).isEmpty
    }

    mutating func change(_ id: ServiceID, _ body: (inout SimulatedService, inout SplitMix64) -> Void) {
        guard var service = self.services[id] else { return }
        body(&service, &self.random)
        self.services[id] = service
    }

    // MARK: What happens by itself

    private mutating func happen() {
        if self.now >= self.appointments.fault {
            self.appointments.fault = self.now + self.random.wait(onceIn: 60)
            // At times many at once.
            let many = self.random.chance(0.05) ? self.ids : [self.random.pick(self.ids)]
            for id in many { if let service = self.services[id] { self.fault(id, service) } }
        }
        if self.now >= self.appointments.person {
            self.appointments.person = self.now + self.random.wait(onceIn: 90)
            let id = self.random.pick(self.ids)
            if let service = self.services[id] { self.person(id, service) }
        }
        if self.now >= self.appointments.host {
            self.appointments.host = self.now + self.random.wait(onceIn: 200)
            self.troubleHost()
        }
        if let ends = self.deployEnds, self.now >= ends {
            self.deployEnds = nil
            self.note("deploy ends")
            if self.climate.people, self.random.chance(0.5) { self.replaceImage(ServiceID("app")) }
        }
    }

    private mutating func troubleHost() {
        switch self.random.milliseconds(0...2) {
        case 0:
            guard self.isEngineUp, !self.isDaemonDown, self.engineChangesAt == nil, self.now >= self.stalledUntil else {
                return
            }
            let end = self.now + self.random.milliseconds(1_000...30_000)
            self.stalledUntil = end
            for id in self.ids { self.change(id) { [now] service, _ in service.standStill(from: now, until: end) } }
            self.judge.stalls(until: end)
            self.note("HOST stands still until \(end)")
        case 1:
            let jump = self.random.milliseconds(-3_600_000...3_600_000)
            // What the engine did on its way down would be told as of another time when it is back.
            guard self.isEngineUp, !self.isDaemonDown, self.engineChangesAt == nil else { return }
            self.clockJumps.append((self.now, jump))
            self.judge.clockJumps(at: self.now, hasLooked: self.ids.allSatisfy { self.known[$0] != nil })
            self.note("HOST's clock is set by \(jump) ms")
        default:
            let id = self.random.pick(self.ids)
            let end = self.now + self.random.milliseconds(5_000...60_000)
            self.note("HOST starves \(id) until \(end)")
            self.change(id) { [now] service, _ in
                guard now >= service.starvedUntil else { return }
                // Where no check has passed since it starved last, it is one time for whoever looks at it.
                let isTold = service.isProbed || service.dockerCheck?.verdict != .timedOut
                if isTold || now - service.starvedUntil > SimulatedService.checkInterval { service.starvedSince = now }
                service.wait(until: now)
                service.starvedUntil = end
            }
        }
    }

    /// What the watchdog makes of a time that the engine's clock shows: a clock that was set since leads astray.
    private func told(_ time: Int) -> Int {
        var told = time
        for jump in self.clockJumps where jump.at > time { told -= jump.by }
        return min(told, self.now)
    }

    private func told(_ container: Container) -> Container {
        guard !self.clockJumps.isEmpty else { return container }
        func told(_ moment: Moment) -> Moment {
            Moment(.milliseconds(self.told(Int((moment.sinceOrigin / .milliseconds(1)).rounded()))))
        }
        var container = container
        container.started = told(container.started)
        if let check = container.health?.lastCheck { container.health?.lastCheck?.began = told(check.began) }
        return container
    }

    private mutating func fault(_ id: ServiceID, _ service: SimulatedService) {
        let kind = self.random.milliseconds(0...8)
        self.note("FAULT \(kind) in \(id)")
        self.change(id) { service, random in
            switch kind {
            case 0, 1: if service.isProcess { service.isFrozen = true }
            case 2: if service.isProcess { service.isSick = true }
            case 3: if service.state == .running { service.crashesAt = service.started }
            case 4: service.nature = .crashes
            case 5: service.nature = .neverWell
            case 6: service.nature = .slow(random.milliseconds(3_000...25_000))
            default: service.nature = .good
            }
        }
    }

    private mutating func person(_ id: ServiceID, _ service: SimulatedService) {
        if self.random.chance(0.2) { return self.operate(id) }
        guard !self.isDaemonDown, self.isEngineUp, service.stopping == nil else { return }
        let kind = self.random.milliseconds(0...8)
        self.note("PERSON \(kind) on \(id), which is \(service.state)")
        switch (kind, service.state) {
        case (0, .running): self.beginStop(id, by: .person, startsAgain: false)
        case (0, .restarting):
            self.change(id) { [now] service, _ in
                service.state = .exited
                service.endedAt = now
                service.engineRestartsAt = nil
            }
            self.personStops(id)
            self.emit(id) { .stopped(container: $0) }
        case (1, .running): self.beginStop(id, by: .person, startsAgain: true)
        case (2, .running):
            self.change(id) { service, _ in service.state = .paused }
            self.tellNews(of: id)
        case (3, .running): self.change(id) { service, _ in service.isTraced = true }
        case (4, .running): self.emit(id) { .killed(container: $0, stops: false) }
        case (5, .running) where self.deployEnds == nil:
            self.deployEnds = self.now + self.random.milliseconds(5_000...40_000)
        case (_, .paused):
            self.change(id) { [now] service, _ in service.unpause(at: now) }
            self.tellNews(of: id)
        case (_, .exited) where service.stoppedByPerson != nil: self.start(id, by: .person)
        default: self.change(id) { service, _ in service.isTraced = false }
        }
    }

    /// A person asks the watchdog for something.
    private mutating func operate(_ id: ServiceID) {
        guard self.watchdogBackAt == nil, self.now >= self.stalledUntil else { return }
        let whom = self.random.chance(0.3) ? nil : id.service
        switch self.random.milliseconds(0...3) {
        case 0:
            let length = self.random.milliseconds(5_000...120_000)
            self.note("PERSON pauses \(whom ?? "all") for \(length) ms")
            self.judge.personPauses(whom, from: self.now, to: self.now + length)
            self.tell(.asked(.pause(service: whom, for: .milliseconds(length), reason: "")))
        case 1: self.resume(whom)
        default:
            self.note("PERSON wants \(id) healed")
            self.isHealAsked = true
            self.tell(.asked(.heal(service: id.service)))
            self.isHealAsked = false
        }
    }

    mutating func resume(_ whom: String?) {
        self.note("PERSON resumes \(whom ?? "all")")
        self.judge.personResumes(whom)
        self.tell(.asked(.resume(service: whom)))
    }

    /// A deploy without a gate: a new container of a new image, which may be no good.
    private mutating func replaceImage(_ id: ServiceID) {
        guard let service = self.services[id], service.state == .running, service.stopping == nil, !self.isDaemonDown
        else { return }
        self.imagesEver += 1
        let isBad = self.random.chance(0.4)
        let image = "image \(self.imagesEver)"
        self.note("PERSON deploys \(image) of \(id)\(isBad ? ", a bad one" : "")")
        self.emit(id) { .killed(container: $0, stops: true) }
        self.emit(id) { .died(container: $0, exitCode: 143) }
        self.change(id) { service, _ in
            service.container += 1
            service.image = image
            service.nature = isBad ? .neverWell : .good
        }
        self.start(id, by: .person)
    }

    private mutating func personStops(_ id: ServiceID) {
        self.change(id) { [now] service, _ in service.stoppedByPerson = now }
        self.judge.personStops(id, at: self.now)
    }

    /// Nothing goes wrong here any more, nobody holds it; half of what was stopped is started again.
    mutating func goHome(_ id: ServiceID) {
        guard let service = self.services[id] else { return }
        self.deployEnds = self.deployEnds.map { _ in self.now }
        self.change(id) { [now] service, _ in
            service.nature = .good
            service.isTraced = false
            if service.state == .paused { service.unpause(at: now) }
        }
        let isStopped = service.stoppedByPerson != nil && service.stopping == nil && !self.isDaemonDown
        if isStopped, self.random.chance(0.5) { self.start(id, by: .person) }
    }

    // MARK: The engine

    private mutating func emit(_ id: ServiceID, _ event: (String) -> ContainerEvent) {
        guard let service = self.services[id] else { return }
        let message = Message.event(id, event(service.name), at: self.now)
        guard self.climate.eventTrouble else { return self.send(message, within: 20...20, to: nil) }
        if self.random.chance(0.02) { return self.note("lost: \(event(service.name))") }
        self.send(message, within: 10...500, to: nil)
        if self.random.chance(0.05) { self.send(message, within: 10...5_000, to: nil) }
    }

    private mutating func tellNews(of id: ServiceID) {
        if self.climate.eventTrouble, self.random.chance(0.02) { return }
        self.send(.news(id), within: self.climate.eventTrouble ? 10...500 : 20...20, to: nil)
    }

    private mutating func send(_ message: Message, within delay: ClosedRange<Int>, to watchdog: Int?) {
        let flight = Flight(due: self.now + self.random.milliseconds(delay), watchdog: watchdog, message: message)
        if case .event = message, !self.isEngineUp {
            self.heldEvents.append(flight)
        } else {
            self.flights.append(flight)
        }
    }

    private mutating func advanceEngine() {
        if let change = self.engineChangesAt, self.now >= change {
            self.engineChangesAt = nil
            if self.isEngineUp { self.engineGoes() } else { self.engineComes() }
        } else if self.now >= self.appointments.engine {
            self.appointments.engine = self.now + self.random.wait(onceIn: 400)
            // An engine that shuts down while the machine stands still can't be told from a person's stop.
            let isFree = self.engineChangesAt == nil && self.isEngineUp && self.now >= self.stalledUntil
            if isFree, !self.isPersonStopping { self.troubleEngine() }
        }
        if self.engineActions.allSatisfy(\.isDone) { self.engineActions.removeAll() }
        for index in self.engineActions.indices where !self.engineActions[index].hasBegun && !self.isDaemonDown {
            let due = self.engineActions[index]
            guard self.now >= due.begins else { continue }
            self.engineActions[index].hasBegun = true
            self.carryOut(index)
        }
    }

    /// A person's stop right before the engine is lost can't be told from the daemon's own, where nobody outlives it.
    private var isPersonStopping: Bool {
        self.services.values.contains { service in
            service.stoppedByPerson != nil && (service.stopping != nil || self.now - service.endedAt < 15_000)
        }
    }

    private mutating func troubleEngine() {
        // A person's stop right before the daemon's own can't be told from it, nor from a restart that this one cuts off.
        let isAmbiguous = self.services.values.contains { service in
            self.now - (service.stoppedByPerson ?? -100_000) < 90_000 || service.stopping?.hand == .person
        }
        if self.random.chance(0.5) || isAmbiguous {
            self.note("ENGINE out of reach")
            self.isEngineUp = false
            self.engineChangesAt = self.now + self.random.milliseconds(1_000...30_000)
            return
        }
        self.note("ENGINE shuts down")
        self.isDaemonDown = true
        for id in self.ids where self.services[id]?.isProcess == true {
            self.emit(id) { .killed(container: $0, stops: true) }
            self.change(id) { service, _ in
                service.state = .exited
                service.exitCode = 0
                service.stopping = nil
            }
            self.emit(id) { .died(container: $0, exitCode: 0) }
        }
        for id in self.ids { self.change(id) { service, _ in service.engineRestartsAt = nil } }
        for number in self.engineActions.indices where !self.engineActions[number].isDone {
            self.report(number, .failed("connection closed"))
        }
        self.engineActions.removeAll()
        self.engineChangesAt = self.now + 1_500
    }

    private mutating func engineGoes() {
        self.isEngineUp = false
        self.engineChangesAt = self.now + self.random.milliseconds(5_000...30_000)
    }

    private mutating func engineComes() {
        self.note("ENGINE back")
        self.isEngineUp = true
        self.flights += self.heldEvents
        self.heldEvents = []
        guard self.isDaemonDown else { return }
        self.isDaemonDown = false
        for id in self.ids {
            guard let service = self.services[id], service.restartPolicy == .always, !service.isProcess, !service.isGone
            else {
                continue
            }
            self.start(id, by: .daemon)
        }
    }

    /// The one in whose network it lives.
    private func networkHost(of service: SimulatedService) -> SimulatedService? {
        self.relations[service.id.service]?.networkOf.flatMap { self.services[ServiceID($0)] }
    }

    /// Whether the network that it has joined is no more, and it goes on in an empty one.
    func isCutOff(_ service: SimulatedService) -> Bool {
        guard let host = self.networkHost(of: service) else { return false }
        return host.name != service.networkContainer || host.started > service.started
    }

    /// Whether the clock was set after one of the runs began that make it cut off.
    func isOrderAstray(_ service: SimulatedService) -> Bool {
        guard let host = self.networkHost(of: service), host.name == service.networkContainer else { return false }
        return self.clockJumps.contains { $0.at > min(host.started, service.started) && $0.at < self.now }
    }

    /// - Returns: whether it runs now. Without the network that it lives in the engine can't start it.
    @discardableResult
    private mutating func start(_ id: ServiceID, by hand: SimulatedService.Hand) -> Bool {
        if let service = self.services[id], let host = self.networkHost(of: service),
            host.name != service.networkContainer || !host.isProcess
        {
            self.failsToStart(id, "can't join the network of \(service.networkContainer ?? "")")
            let wasStopped = service.stoppedByPerson != nil || self.judge.unknownStops.contains(id)
            // Somebody wants it to run, all the same.
            self.change(id) { service, _ in service.stoppedByPerson = nil }
            self.judge.starts(id, at: self.now)
            // The daemon tries alike what it was to start and what a person had stopped.
            if hand == .daemon, wasStopped { self.judge.unknownStops.insert(id) }
            return false
        }
        self.change(id) { [now] service, random in
            service.beginRun(at: now, by: hand, &random)
            service.stoppedByPerson = nil
        }
        self.judge.starts(id, at: self.now)
        self.emit(id) { .started(container: $0) }
        return true
    }

    private mutating func failsToStart(_ id: ServiceID, _ reason: String) {
        self.note("engine can not start \(id): \(reason)")
        self.change(id) { service, _ in
            service.state = .exited
            service.exitCode = 128
            service.startError = reason
            service.stopping = nil
            service.engineRestartsAt = nil
        }
    }

    private mutating func beginStop(
        _ id: ServiceID, by hand: SimulatedService.Hand, startsAgain: Bool, grace: Int? = nil, action: Int? = nil
    ) {
        guard let service = self.services[id] else { return }
        self.emit(id) { .killed(container: $0, stops: true) }
        let isDeaf = service.isFrozen || service.isTraced || self.random.chance(0.1)
        let ends = self.now + (isDeaf ? grace ?? service.grace : self.random.milliseconds(100...900))
        self.change(id) { service, _ in
            service.stopping = .init(hand: hand, ends: ends, startsAgain: startsAgain, action: action)
        }
        if hand == .person, !startsAgain { self.personStops(id) }
    }

    private mutating func carryOut(_ number: Int) {
        let asked = self.engineActions[number]
        guard let service = self.services[asked.id] else { return }
        switch (service.state, asked.action.kind) {
        case (.running, .start): self.report(number, .succeeded)
        case _ where service.stopping != nil:
            self.report(number, .failed("busy"))
        case (_, .restart) where service.isGone, (_, .start) where service.isGone:
            self.report(number, .failed("no such container"))
        case (.running, _), (.paused, _):
            self.beginStop(
                asked.id, by: .watchdog, startsAgain: true, grace: self.grace(of: asked.action), action: number)
        default: self.startForAction(number)
        }
    }

    private func grace(of action: Action) -> Int {
        let (seconds, attoseconds) = action.kind.grace.components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    private mutating func startForAction(_ number: Int) {
        let asked = self.engineActions[number]
        let isReplacing = asked.action.kind.replacesContainer
        if isReplacing {
            let host = self.services[asked.id].flatMap { self.networkHost(of: $0) }
            self.change(asked.id) { service, _ in
                service.container += 1
                service.networkContainer = host?.name
                if case .rollBack(let image, _) = asked.action.kind { (service.image, service.nature) = (image, .good) }
            }
        }
        // Who took over from the one that asked has given it up by then, or took a run that began meanwhile for its end:
        // what is removed afterwards a person may have removed.
        let isLate = self.now - asked.asked > self.grace(of: asked.action) + 10_000
        let isTakenForDone = self.services[asked.id].map { $0.started > asked.asked } ?? false
        let isGivenUp = asked.watchdog != self.watchdog && (isLate || isTakenForDone)
        if self.climate.faults, isReplacing, !isGivenUp, self.random.chance(0.1) {
            self.change(asked.id) { service, _ in
                (service.state, service.isGone, service.stopping) = (.exited, true, nil)
                service.engineRestartsAt = nil
            }
            self.note("compose is broken off, \(asked.id) has no container")
            return self.report(number, .failed("broken off"))
        }
        if self.climate.faults, self.random.chance(0.05) {
            self.failsToStart(asked.id, "no space left")
            return self.report(number, .failed("no space left"))
        }
        let isStarted = self.start(asked.id, by: .watchdog)
        self.report(number, isStarted ? .succeeded : .failed("no network"))
    }

    private mutating func report(_ number: Int, _ outcome: ActionOutcome) {
        let asked = self.engineActions[number]
        self.engineActions[number].isDone = true
        self.judge.engineDone(asked.id)
        self.send(.outcome(asked.id, outcome), within: 20...200, to: asked.watchdog)
    }

    // MARK: A service's life

    private mutating func advance(_ id: ServiceID) {
        guard let service = self.services[id] else { return }
        if let stopping = service.stopping, self.now >= stopping.ends {
            self.endStop(id, stopping)
        } else if service.state == .running, !service.isFrozen, let crash = service.crashesAt, self.now >= crash {
            self.crash(id, service)
        } else if let due = service.engineRestartsAt, self.now >= due {
            self.start(id, by: .daemon)
        }
        guard let service = self.services[id] else { return }
        if service.state == .running, !self.isDaemonDown, self.now >= max(service.dockerCheckDue, self.stalledUntil) {
            let passes = self.answers(service)
            // Under load a check may take too long, at times; three times in a row would be a verdict.
            let isSlow = self.climate.faults && service.isProbed && self.random.chance(0.05)
            let isLate = isSlow || self.now < service.starvedUntil
            let timesOut = service.isFrozen || service.isTraced || isLate
            var isNews = false
            self.change(id) { [now] service, _ in
                isNews = service.check(at: now, passes: passes, timesOut: timesOut)
            }
            if isNews { self.tellNews(of: id) }
        }
        let isWell = service.isWellInItself(at: self.now)
        let answers = self.answers(service)
        if answers { self.judge.serves(id, image: service.image) }
        self.change(id) { [now] service, _ in
            if service.wellSince != nil || isWell { service.lastWell = now }
            if service.isTraced { service.tracedUntil = now }
            service.wellSince = isWell ? service.wellSince ?? now : nil
            service.hasAnswered = service.hasAnswered || answers
            service.answersSince = answers ? service.answersSince ?? now : nil
        }
    }

    private mutating func endStop(_ id: ServiceID, _ stopping: SimulatedService.Stopping) {
        self.note("\(id) stopped by \(stopping.hand)")
        self.change(id) { [now] service, _ in
            service.state = .exited
            service.endedAt = now
            service.exitCode = 143
            service.stopping = nil
        }
        self.emit(id) { .died(container: $0, exitCode: 143) }
        if stopping.hand == .person { self.emit(id) { .stopped(container: $0) } }
        if let number = stopping.action {
            self.startForAction(number)
        } else if stopping.startsAgain {
            self.start(id, by: .person)
        }
    }

    private mutating func crash(_ id: ServiceID, _ service: SimulatedService) {
        let comesBack = service.restartPolicy == .always && service.stopping == nil
        self.note("\(id) crashes")
        self.change(id) { [now] service, _ in
            service.crashesAt = nil
            service.exitCode = 1
            if now - service.started > 10_000 { service.engineDelay = 100 }
            service.state = comesBack ? .restarting : .exited
            service.engineRestartsAt = comesBack ? now + service.engineDelay : nil
            service.engineDelay = min(service.engineDelay * 2, 60_000)
        }
        self.emit(id) { .died(container: $0, exitCode: 1) }
        // A stop that was going on has its end now.
        if let stopping = service.stopping { self.endStop(id, stopping) }
    }

    // MARK: The watchdog

    private mutating func advanceWatchdog() {
        if let back = self.watchdogBackAt {
            guard self.now >= back else { return }
            self.watchdogBackAt = nil
            self.takeOver()
        }
        if self.now >= self.appointments.death {
            self.appointments.death = self.now + self.random.wait(onceIn: 200)
            // Now, or between a record and its action.
            if self.random.chance(0.5) { return self.die() }
            self.dies = true
        }
        self.tellOfEngineAndDeploy()
        self.deliver()
        self.look()
        if let tick = self.healing.nextTick, tick <= Moment(.milliseconds(self.now)) {
            self.tell(.tick)
            if self.healing.isVigilant { self.pulseDue = min(self.pulseDue, self.now) }
        }
    }

    private mutating func die() {
        self.note("WATCHDOG dies")
        self.dies = false
        self.watchdogBackAt = self.now + self.random.milliseconds(200...20_000)
        self.flights.removeAll()
        self.heldEvents.removeAll()
    }

    private mutating func takeOver() {
        self.note("WATCHDOG takes over")
        self.watchdog += 1
        self.flights.removeAll()
        (self.known, self.conditions, self.lastOutcome) = ([:], [:], [:])
        (self.probing, self.nextLook, self.unsettledUntil) = ([], [:], [:])
        self.isBlind = false
        self.isDeployTold = false
        self.healing = HealingState(dependencies: self.dependencies, probed: ["app"], relations: self.relations)
        // What its lines show is the machine's clock too.
        self.healing.restore(
            self.journal.map { record, time in
                (record, at: Moment(.milliseconds(self.told(Int((time.sinceOrigin / .milliseconds(1)).rounded())))))
            })
        self.judge.takesOver(self.services.values.filter { !$0.isProcess }.map(\.id))
        self.sweepDue = self.now
    }

    private mutating func tellOfEngineAndDeploy() {
        if !self.isEngineUp, !self.isBlind {
            self.isBlind = true
            self.tell(.engineLost("no answer"))
        } else if self.isEngineUp, self.isBlind {
            for service in self.dependencies.keys.sorted() {
                self.hear(.inspection(service: service, self.inspect(service), asOf: self.now))
            }
            self.isBlind = false
            self.tell(.engineBack)
        }
        let isDeploying = self.deployEnds != nil
        if isDeploying != self.isDeployTold {
            self.isDeployTold = isDeploying
            self.note("deploying: \(isDeploying)")
            self.tell(.deploying(isDeploying ? Set(self.dependencies.keys) : []))
        }
    }

    private mutating func deliver() {
        let due = self.flights.filter { $0.due <= self.now }.sorted { $0.due < $1.due }
        guard !due.isEmpty else { return }
        self.flights.removeAll { $0.due <= self.now }
        for flight in due where flight.watchdog == nil || flight.watchdog == self.watchdog {
            guard self.watchdogBackAt == nil else { return }
            if case .event = flight.message, !self.isEngineUp {
                self.heldEvents.append(flight)
                continue
            }
            if case .inspection = flight.message, !self.isEngineUp { continue }
            self.hear(flight.message)
        }
    }

    private mutating func hear(_ message: Message) {
        switch message {
        case .event(let id, let event, let time):
            self.judge.hears(
                event, of: id, at: time, told: self.told(time),
                isDown: self.services[id]?.isProcess == false)
            self.tell(.happened(id, event, at: Moment(.milliseconds(self.told(time)))))
            self.ask(id.service)
        case .inspection(let service, let containers, let asked):
            for id in self.ids where id.service == service {
                if let started = containers[id.replica]?.started {
                    self.unsettle(id, at: min(started, Moment(.milliseconds(self.now))))
                }
                self.known[id] = containers[id.replica]
                guard let container = containers[id.replica] else {
                    (self.conditions[id], self.lastOutcome[id], self.nextLook[id]) = (nil, nil, nil)
                    continue
                }
                // Before it is judged by what Docker says of it.
                let isSuspect = (container.health?.failingStreak ?? 0) > 0
                if isSuspect, container.state == .running { self.examine(id, isSuspect: true) }
            }
            self.judge.sees(service, containers, at: self.now)
            self.tell(
                .observed(
                    service: service, containers: containers.mapValues { self.told($0) },
                    asOf: Moment(.milliseconds(asked))))
        case .news(let id): self.ask(id.service)
        case .silence(let id): self.examine(id, isSuspect: false)
        case .probe(let id, let probe):
            self.probing.remove(id)
            self.lastOutcome[id] = probe.outcome
            // Whether it can run at all tells what its silence means.
            if probe.outcome != .passed, self.known[id]?.run == probe.run { self.examine(id, isSuspect: true) }
            self.tell(.probed(id, probe))
            // Silence has taken its time already.
            if probe.outcome == .timedOut { self.probe(id) }
        case .outcome(let id, let outcome):
            self.judge.reported(id, at: self.now)
            self.tell(.actionEnded(id, outcome))
            self.ask(id.service)
        }
    }

    private func inspect(_ service: String) -> [Int: Container] {
        var containers: [Int: Container] = [:]
        for id in self.ids where id.service == service {
            guard let service = self.services[id], !service.isGone else { continue }
            containers[id.replica] = service.inspection
        }
        return containers
    }

    private mutating func ask(_ service: String) {
        guard self.isEngineUp else { return }
        // The answer tells of the time of the asking, at the latest.
        let answer = Message.inspection(service: service, self.inspect(service), asOf: self.now)
        self.send(answer, within: self.climate.engineTrouble ? 1...800 : 1...20, to: self.watchdog)
    }

    private mutating func look() {
        guard self.watchdogBackAt == nil else { return }
        if self.now >= self.sweepDue {
            self.sweepDue = self.now + 30_000
            for service in self.dependencies.keys.sorted() { self.ask(service) }
        }
        guard self.now >= self.pulseDue else { return }
        let vigilant = self.healing.vigilant
        for id in self.ids where self.known[id]?.state == .running {
            // Half a pulse early is on time.
            let isDue = self.nextLook[id].map { $0 <= self.now + 500 } ?? true
            guard isDue || vigilant.contains(id.service) else { continue }
            let now = Moment(.milliseconds(self.now))
            if vigilant.contains(id.service) { self.unsettle(id, at: now) }
            let isUnsettled = self.unsettledUntil[id].map { now < $0 } ?? false
            self.nextLook[id] = self.now + (isUnsettled ? 1_000 : 4_000)
            self.pulse(id, isSuspect: vigilant.contains(id.service))
        }
        for service in vigilant.sorted() { self.ask(service) }
        let nextLook = self.ids.filter { self.known[$0]?.state == .running }.compactMap { self.nextLook[$0] }.min()
        let rest = max(1_000, min(4_000, (nextLook ?? .max) - self.now))
        self.pulseDue = self.now + (self.healing.isVigilant ? 1_000 : rest)
    }

    /// What is new, or was bad, is looked at more often for a while.
    private mutating func unsettle(_ id: ServiceID, at time: Moment) {
        self.unsettledUntil[id] = max(self.unsettledUntil[id] ?? time, time + .seconds(300))
    }

    private mutating func pulse(_ id: ServiceID, isSuspect: Bool) {
        let isAsked = self.services[id]?.isProbed == true && !self.probing.contains(id)
        // Who is asked and answers at once can run; that a debugger has gone no answer tells.
        if isSuspect || !isAsked || self.conditions[id] != ProcessCondition() { self.examine(id, isSuspect: isSuspect) }
        if isAsked { self.probe(id) }
    }

    /// Whether the process that the watchdog knows is still the one that there is.
    private func isPresent(_ run: Container.Run, _ service: SimulatedService) -> Bool {
        service.isProcess && run == service.inspection.run
    }

    /// Tells what the kernel says of the process, when it is news; and what it does, when something is wrong.
    private mutating func examine(_ id: ServiceID, isSuspect: Bool) {
        guard let known = self.known[id], let service = self.services[id], self.isPresent(known.run, service) else {
            return
        }
        let canRun = !service.isFrozen && !service.isTraced
        if !isSuspect, self.conditions[id] == ProcessCondition(), canRun { return }
        let isAiling = self.lastOutcome[id].map { $0 != .passed } ?? ((known.health?.failingStreak ?? 0) > 0)
        var condition = ProcessCondition(isStopped: service.isFrozen, isTraced: service.isTraced)
        if isAiling {
            self.change(id) { [now] service, _ in
                service.wait(until: now)
                condition.activity = Activity(
                    ran: .milliseconds(service.isFrozen ? 0 : now / 100), waited: .milliseconds(service.waited))
            }
        }
        guard self.conditions[id] != condition || condition != ProcessCondition() else { return }
        self.conditions[id] = condition
        self.judge.sees(id, condition)
        self.tell(.examined(id, run: known.run, condition))
    }

    private mutating func probe(_ id: ServiceID) {
        guard let known = self.known[id], known.state == .running, let service = self.services[id],
            self.probing.insert(id).inserted
        else { return }
        let (outcome, delay) =
            self.isPresent(known.run, service) ? self.outcome(service) : (.inconclusive("no such process"), 1)
        if delay > 50 { self.send(.silence(id), within: 50...50, to: self.watchdog) }
        let began = Moment(.milliseconds(self.now))
        self.send(
            .probe(id, ProbeResult(run: known.run, began: began, outcome: outcome)), within: delay...delay,
            to: self.watchdog)
    }

    private mutating func outcome(_ service: SimulatedService) -> (ProbeResult.Outcome, delay: Int) {
        if self.climate.faults, self.random.chance(0.02) { return (.inconclusive("no namespace"), 10) }
        let isGivenTime = self.healing.isStarved(service.id, at: Moment(.milliseconds(self.now)))
        let limit = isGivenTime ? 10_000 : 1_500
        if service.state == .paused || service.isFrozen || service.isTraced { return (.timedOut, limit) }
        if self.now < service.answersFrom || service.stopping != nil { return (.refused, 1) }
        let isStarved = self.now < service.starvedUntil
        if isStarved, !isGivenTime { return (.timedOut, limit) }
        if service.isSick { return (.answeredError(status: 503, sick: ["app"]), 5) }
        if service.nature == .neverWell { return (.answeredError(status: 500, sick: []), 5) }
        let delay = isStarved ? 4_000 : 5
        let missing = self.missing(service)
        return missing.isEmpty ? (.passed, delay) : (.answeredError(status: 503, sick: missing), delay)
    }

    private mutating func tell(_ fact: Fact) {
        guard self.watchdogBackAt == nil else { return }
        let now = Moment(.milliseconds(self.now))
        for decision in self.healing.step(fact, at: now) {
            switch decision {
            case .record(let record):
                self.note("  \(record.fields.map { "\($0.key)=\($0.value)" }.joined(separator: " "))")
                self.journal.append((record, at: now))
                self.judge.records(record, at: self.now, of: record.service.flatMap { self.services[$0] })
            case .act(let id, let action):
                if self.dies { return self.die() }
                self.act(id, action)
            }
        }
        if let tick = self.healing.nextTick, tick <= now { self.judge.fails("a tick in the past, after \(fact)") }
    }

    /// Whether a dependency that it is to be restarted with began a run after its own.
    private func isOwedRestart(_ service: SimulatedService) -> Bool {
        let others = self.relations[service.id.service]?.restartsWith ?? []
        return self.services.values.contains { other in
            // That it was restarted is told up to 0.2 s after it began.
            others.contains(other.id.service)
                && (other.started + 200 > service.started || self.judge.isAstray(other.started)
                    || self.judge.isAstray(service.started))
        }
    }

    /// Whether it has served for longer than anybody needs to notice, and its other replicas have not for as long.
    private func isLastServing(_ service: SimulatedService) -> Bool {
        let others = self.services.values.filter { $0.id.service == service.id.service && $0.id != service.id }
        let noticed = self.now - 15_000
        guard let since = service.answersSince, since < noticed else { return false }
        let canServe = others.contains {
            !$0.isGone && $0.stoppedByPerson == nil && $0.state != .paused && !$0.isTraced
        }
        return canServe && others.allSatisfy { $0.lastWell < noticed }
    }

    private mutating func act(_ id: ServiceID, _ action: Action) {
        guard let service = self.services[id] else { return }
        self.judge.acts(
            on: service, action, at: self.now,
            circumstances: .init(
                isBlind: self.isBlind, isDeploying: self.isDeployTold, isOwedRestart: self.isOwedRestart(service),
                isCutOff: self.isCutOff(service)
                    || self.networkHost(of: service).map { self.judge.isAstray($0.started) } == true,
                isAsked: self.isHealAsked, isLastServing: self.isLastServing(service)))
        self.judge.engineBegins(id, action, at: self.now)
        let isRefused = self.climate.engineTrouble && self.random.chance(0.05)
        guard self.isEngineUp, !self.isDaemonDown, !isRefused else {
            self.judge.engineDone(id)
            return self.send(.outcome(id, .failed("refused")), within: 10...5_000, to: self.watchdog)
        }
        let isSlow = self.climate.engineTrouble && self.random.chance(0.05)
        self.engineActions.append(
            .init(
                id: id, action: action, asked: self.now,
                begins: self.now + (isSlow ? self.random.milliseconds(1_000...20_000) : 0), watchdog: self.watchdog))
    }
}
