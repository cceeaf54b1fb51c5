import Healing

/// Watches the watchdog: what it must never do, told by what is really so and what it had been told. Shares no code with
/// the core.
struct Judge {
    struct Circumstances {
        let isBlind: Bool
        let isDeploying: Bool
        /// Whether its compose file wants it restarted, because a dependency was.
        let isOwedRestart: Bool
        /// Whether the container in whose network it lives was started after it, or may look so.
        let isCutOff: Bool
        /// Whether a person wants it healed now.
        let isAsked: Bool
        /// Whether it serves, and no other replica does or did a moment ago.
        let isLastServing: Bool

        /// Whether it is to be restarted however well it is.
        var isToBeRestarted: Bool { self.isOwedRestart || self.isCutOff }
    }

    /// A time in which a person wants nothing done.
    private struct Pause {
        let from: Int
        let to: Int
    }

    /// What the present watchdog was told of a person's stop.
    private struct News {
        var asked: Int
        var killed = false
        var ended = false
        var isJournalled = false

        var isKnown: Bool { self.killed && self.ended || self.isJournalled }
    }

    private let dependencies: [String: [String]]
    private let relations: [String: Relations]
    /// What it did wrong, if it did.
    private(set) var verdict: String?
    private var news: [ServiceID: News] = [:]
    private var seenRuns: [ServiceID: Container.Run] = [:]
    private var seenPaused: Set<ServiceID> = []
    private var seenTraced: Set<ServiceID> = []
    private var inFlight: Set<ServiceID> = []
    /// What the engine has not finished, and until when one that takes over must reckon with it.
    private var atEngine: [ServiceID: Int] = [:]
    /// Who is down, and nobody can know whether a person wanted it so.
    var unknownStops: Set<ServiceID> = []
    /// When the present watchdog first saw each service.
    private var firstSeen: [ServiceID: Int] = [:]
    /// Whose attempt has no end in the journal, and whose had none when the present watchdog took over.
    private var unended: Set<ServiceID> = []
    private var orphaned: Set<ServiceID> = []
    private var lastReport: [ServiceID: Int] = [:]
    /// Whether the present run began during an action, or right after it: whose it is nobody can tell.
    private var isMixedUp: [ServiceID: Bool] = [:]
    /// Also those that were recorded only, because it died before it could act.
    private var lastAttempt: [ServiceID: Int] = [:]
    private var lastAction: [ServiceID: Int] = [:]
    private var chain: [ServiceID: Int] = [:]
    private(set) var actions = 0
    private(set) var longestGap: [ServiceID: Int] = [:]
    private var pauses: [String?: Pause] = [:]

    /// Until when the machine last stood still, and when its clock was last set.
    private var stalledUntil = -1_000_000
    private var clockJumped = -10_000_000
    /// When it was last set before the present watchdog took over.
    private var jumpedUnseen = -10_000_000
    /// The images with which each service served.
    private var served: [ServiceID: Set<String>] = [:]
    /// The attempts of the open incident, and whether the latest made the container anew.
    private var attempts: [ServiceID: Int] = [:]
    private var hasReplaced: [ServiceID: Bool] = [:]
    /// The services that a new container has cured.
    private var cured: Set<ServiceID> = []

    init(dependencies: [String: [String]], relations: [String: Relations]) {
        self.dependencies = dependencies
        self.relations = relations
    }

    /// Whether a watchdog that took over may know wrongly what was at `time`: the clock was set between the two.
    func isAstray(_ time: Int) -> Bool { self.jumpedUnseen > time }

    mutating func personPauses(_ service: String?, from start: Int, to end: Int) {
        self.pauses[service] = Pause(from: start, to: end)
    }

    mutating func personResumes(_ service: String?) {
        if service == nil { self.pauses = [:] } else { self.pauses[service] = nil }
    }

    mutating func stalls(until end: Int) { self.stalledUntil = end }

    /// - Parameter hasLooked: whether the watchdog that took over has seen everything by then.
    mutating func clockJumps(at now: Int, hasLooked: Bool) {
        self.clockJumped = now
        if !hasLooked { self.jumpedUnseen = now }
    }

    mutating func serves(_ id: ServiceID, image: String) { self.served[id, default: []].insert(image) }

    mutating func fails(_ what: String) { self.verdict = self.verdict ?? what }

    // MARK: What it was told

    mutating func personStops(_ id: ServiceID, at now: Int) {
        // During an action nobody can tell the two apart, and what we may have stopped we bring back.
        self.news[id] = self.inFlight.contains(id) || self.atEngine[id] != nil ? nil : News(asked: now)
    }

    mutating func starts(_ id: ServiceID, at now: Int) {
        let isRecent = self.lastReport[id].map { now - $0 < 1_500 } ?? false
        self.isMixedUp[id] = self.unended.contains(id) || self.atEngine[id] != nil || isRecent
        // A run that began is all that one who takes over sees of an action's end, whoever began it.
        self.atEngine[id] = nil
        self.news[id] = nil
        self.unknownStops.remove(id)
    }

    /// - Parameters:
    ///   - told: when the watchdog takes it to have been, where the clock was set since.
    ///   - isDown: whether there is no process by now.
    mutating func hears(
        _ event: ContainerEvent, of id: ServiceID, at time: Int, told: Int, isDown: Bool
    ) {
        // A person's signal that was told once already, of the run before, looks like one that ended this run.
        if case .killed(_, stops: true) = event, told > time, isDown { self.unknownStops.insert(id) }
        guard let asked = self.news[id]?.asked, time >= asked else { return }
        if self.inFlight.contains(id) { return self.news[id] = nil }
        // Up to its first look it may be the doing of the watchdog before, that was killed in the middle of an action.
        if self.orphaned.contains(id), time <= (self.firstSeen[id] ?? time) + 50 { return self.news[id] = nil }
        // Who ended it during an action nobody can tell, unless the signal was heard of before.
        let isDuringAction = self.lastAction[id].map { time >= $0 - 50 && time <= (self.lastReport[id] ?? $0) + 50 }
        if self.news[id]?.killed == false, isDuringAction == true { return self.news[id] = nil }
        switch event {
        case .killed(_, let stops): if stops { self.news[id]?.killed = true }
        case .died: self.news[id]?.ended = true
        case .stopped:
            self.news[id]?.killed = true
            self.news[id]?.ended = true
        case .started, .ranOutOfMemory: break
        }
    }

    mutating func sees(_ service: String, _ containers: [Int: Container], at now: Int) {
        for (replica, container) in containers {
            let id = ServiceID(service, replica: replica)
            // Who was down by then may have been stopped before the present watchdog heard anything.
            if self.firstSeen[id] == nil, container.state == .exited { self.unknownStops.insert(id) }
            self.firstSeen[id] = self.firstSeen[id] ?? now
            self.seenRuns[id] = container.run
            if container.state == .paused { self.seenPaused.insert(id) } else { self.seenPaused.remove(id) }
            if container.state != .running { self.seenTraced.remove(id) }
        }
    }

    mutating func sees(_ id: ServiceID, _ condition: ProcessCondition) {
        if condition.isTraced { self.seenTraced.insert(id) } else { self.seenTraced.remove(id) }
    }

    mutating func records(_ record: Record, at now: Int, of service: SimulatedService?) {
        guard let id = record.service else { return }
        switch record.event {
        case .actionSucceeded, .actionFailed: self.unended.remove(id)
        case .acted(let kind, _, _):
            self.unended.insert(id)
            self.hasReplaced[id] = kind.replacesContainer
            if let last = self.lastAttempt[id] { self.longestGap[id] = max(self.longestGap[id] ?? 0, now - last) }
            self.lastAttempt[id] = now
            self.attempts[id, default: 0] += 1
        case .healed:
            if let service, now - service.lastWell > 10_000 + self.slack(at: now) {
                self.fails("\(id) is called healed, and was last well at \(service.lastWell)")
            }
            if self.hasReplaced[id] == true { self.cured.insert(id) }
            self.attempts[id] = 0
        case .standDown:
            self.attempts[id] = 0
            if case .standDown(let reason) = record.event, reason.contains("by_a_person") {
                self.news[id]?.isJournalled = true
            }
        case .leftAlone(let reason):
            if reason.contains("by_a_person") { self.news[id]?.isJournalled = true }
        default: break
        }
    }

    mutating func reported(_ id: ServiceID, at now: Int) {
        self.inFlight.remove(id)
        self.lastReport[id] = now
    }

    mutating func engineBegins(_ id: ServiceID, _ action: Action, at now: Int) {
        self.atEngine[id] = now + Int(action.kind.grace.components.seconds) * 1_000 + 10_000
    }

    mutating func engineDone(_ id: ServiceID) { self.atEngine[id] = nil }

    mutating func takesOver(_ down: [ServiceID]) {
        self.jumpedUnseen = self.clockJumped
        self.inFlight = []
        self.firstSeen = [:]
        self.orphaned = self.unended
        self.seenRuns = [:]
        self.seenPaused = []
        self.seenTraced = []
        self.unknownStops.formUnion(down)
        for id in self.news.keys {
            self.news[id]?.killed = false
            self.news[id]?.ended = false
        }
    }

    // MARK: What it did

    mutating func acts(on service: SimulatedService, _ action: Action, at now: Int, circumstances: Circumstances) {
        self.actions += 1
        let id = service.id
        // Whose signal came first nobody can tell so closely.
        if let asked = self.news[id]?.asked, now - asked <= 50 { self.news[id] = nil }
        func wrong(_ what: String) -> String { "\(action.kind) on \(id) \(what)" }
        if circumstances.isBlind { self.fails(wrong("while the engine is lost")) }
        if circumstances.isDeploying { self.fails(wrong("during a deploy")) }
        for case let pause? in [self.pauses[nil], self.pauses[id.service]] where now < pause.to {
            if !self.isAstray(pause.from) { self.fails(wrong("that a person has paused until \(pause.to)")) }
        }
        if service.state == .paused, self.seenPaused.contains(id) { self.fails(wrong("that is paused")) }
        if service.isTraced, service.isProcess, self.seenTraced.contains(id) { self.fails(wrong("under a debugger")) }
        // Whether a run began after the stop in the journal, a clock that was set back meanwhile may tell wrongly.
        let isAstray = self.isAstray(service.started)
        if service.stoppedByPerson != nil, self.news[id]?.isKnown == true, !isAstray {
            self.fails(wrong("stopped by a person"))
        }
        // Whatever its dependencies do.
        let margin = (service.isProbed ? 5_000 : SimulatedService.checkInterval + 3_000) + self.slack(at: now)
        // Patience with what hardly gets a processor is bounded.
        let isStarvedLong =
            now < service.starvedUntil + margin && min(now, service.starvedUntil) - service.starvedSince > 28_000
        let since = service.wellSince.map { max($0, now < service.starvedUntil ? 0 : service.starvedUntil) }
        // A person who wants it healed while another replica serves does not wait for a slow one.
        let isAskedWhileSlow = circumstances.isAsked && now < service.starvedUntil + margin
        if let since, now - since > margin, !circumstances.isToBeRestarted, !isStarvedLong, !isAskedWhileSlow {
            self.fails(wrong("that is well since \(since)"))
        }
        let isFresh = service.wellSince == nil && service.lastWell >= service.started && now - service.lastWell < 1_000
        let isJustUntraced = !service.isProbed && now - service.tracedUntil < 3 * SimulatedService.checkInterval
        // Checks that only came late may have begun the engine's row, which one that really failed makes a verdict.
        let isVerdict = service.dockerStatus == .unhealthy && service.dockerCheck?.verdict == .failed
        let isUnasked = !circumstances.isToBeRestarted && !circumstances.isAsked
        if service.state == .running, isFresh, isUnasked, !isStarvedLong, !isJustUntraced, !isVerdict {
            self.fails(wrong("that was well at \(service.lastWell)"))
        }
        if !circumstances.isCutOff { self.checkRung(service, action, wrong) }
        if !circumstances.isCutOff { self.checkGrace(service, wrong, at: now) }
        self.checkStop(service, action, wrong, at: now)
        if circumstances.isLastServing, self.slack(at: now) == 0 { self.fails(wrong("that is the last that serves")) }
        if !isAstray { self.checkOthers(id, wrong, at: now) }
        self.checkBackoff(id, wrong, isAsked: circumstances.isAsked, at: now)
        self.inFlight.insert(id)
    }

    /// What a machine that stood still has not heard yet.
    private func slack(at now: Int) -> Int { now - self.stalledUntil < 20_000 ? 50_000 : 0 }

    /// Each rung in its turn.
    private mutating func checkRung(_ service: SimulatedService, _ action: Action, _ wrong: (String) -> String) {
        let id = service.id
        guard action.kind.replacesContainer, !service.isGone else { return }
        if (self.attempts[id] ?? 0) < 3, !self.cured.contains(id) { self.fails(wrong("before two restarts")) }
        if case .rollBack(let image, _) = action.kind, self.served[id]?.contains(image) != true {
            self.fails(wrong("which never served"))
        }
    }

    private mutating func checkGrace(_ service: SimulatedService, _ wrong: (String) -> String, at now: Int) {
        guard service.state == .running, !service.isFrozen, !service.hasAnswered,
            self.seenRuns[service.id] == service.inspection.run
        else { return }
        let age = now - service.started
        // How old a run is, a clock that was set since leads astray.
        if self.clockJumped > service.started - 5_000 { return }
        if age < service.startPeriod { self.fails(wrong("within its start period")) }
        if service.startPeriod == 0, service.beganBy == .person, age < 30_000,
            self.isMixedUp[service.id] != true
        {
            self.fails(wrong("within 30 s of a person's start"))
        }
    }

    private mutating func checkStop(
        _ service: SimulatedService, _ action: Action, _ wrong: (String) -> String, at now: Int
    ) {
        guard action.kind != .start, service.isProcess else { return }
        let grace = action.kind.grace
        let isWhole = grace == .milliseconds(service.grace)
        // What has begun a moment ago nobody knows yet.
        let isThawed = !service.isFrozen && now - service.started > 1_000
        if !isWhole, service.id.service == "db" || isThawed { self.fails(wrong("with a grace of \(grace)")) }
    }

    private mutating func checkOthers(_ id: ServiceID, _ wrong: (String) -> String, at now: Int) {
        for other in self.inFlight.union(self.atEngine.filter { now < $0.value }.keys) {
            let isChain =
                other.service == id.service || self.dependencies[id.service]?.contains(other.service) == true
                || self.dependencies[other.service]?.contains(id.service) == true
            if isChain { self.fails(wrong("during an action on \(other)")) }
        }
    }

    /// The backoff can start over only after a minute, so attempts that follow each other more closely belong together.
    private mutating func checkBackoff(_ id: ServiceID, _ wrong: (String) -> String, isAsked: Bool, at now: Int) {
        defer { self.lastAction[id] = now }
        guard let last = self.lastAction[id] else { return }
        let gap = now - last
        // How long ago it was, a clock that was set before the journal was read tells wrongly.
        guard gap <= 60_000, !self.isAstray(last) else {
            self.chain[id] = 0
            return
        }
        let least = isAsked ? 5_000 : [5_000, 10_000, 20_000, 40_000, 60_000][min(self.chain[id] ?? 0, 4)]
        if gap < least { self.fails(wrong("\(gap) ms after the last one, number \(self.chain[id] ?? 0)")) }
        self.chain[id] = (self.chain[id] ?? 0) + 1
    }
}
