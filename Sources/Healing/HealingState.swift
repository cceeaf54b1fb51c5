/// The healing core: a state machine from facts and time to decisions. A value: no clock, no I/O, no randomness.
///
/// ``step(_:at:)`` takes one fact in and then judges anew whatever it may bear on. Nothing is decided by the fact alone,
/// so a fact that is lost, late or doubled costs time at most.
public struct HealingState: Sendable {
    /// What holds where a service has no policy of its own.
    public let policy: Policy
    /// Direct dependencies per service; each key is a service that is watched.
    public private(set) var dependencies: [String: [String]]
    /// The services whose health URL is asked.
    public private(set) var probed: Set<String>
    /// How services hang together otherwise; those that do not have no entry.
    public let relations: [String: Relations]
    /// The policies of services that have their own.
    private var policies: [String: Policy]

    var services: [ServiceID: ServiceState] = [:]
    var engineLoss: EngineLoss?
    /// What a deploy answers for.
    var deploying: Set<String> = []
    /// The services that were looked at since this watchdog began.
    var lookedAt: Set<String> = []
    var pauses = Pauses()
    var incidentsEver = 0
    /// The images that were proven healthy, by service, the latest last.
    var verifiedImages: [String: [String]] = [:]
    /// How the machine was when it was last told of.
    var host: HostCondition?
    /// A time in which most services are bad at once.
    var epidemic: Epidemic?
    var saidDiskFull = false
    /// Since when services are owed a restart, because a dependency that they are to be restarted with was.
    var owed: [String: Moment] = [:]
    /// The alarm of the service that is being judged.
    var alarm = Alarm()
    /// When each service is to be judged anew, where time alone can change something.
    private var alarms: [ServiceID: Moment] = [:]
    private(set) var graph: DependencyGraph
    /// The replicas known so far, in order.
    private var replicas: [String: [ServiceID]] = [:]

    /// - Parameters:
    ///   - dependencies: the direct dependencies of each service that is watched from the beginning.
    ///   - policies: the policies of services that have their own.
    public init(
        policy: Policy = Policy(), dependencies: [String: [String]], probed: Set<String>,
        relations: [String: Relations] = [:], policies: [String: Policy] = [:]
    ) {
        self.policy = policy
        self.relations = relations
        self.dependencies = dependencies
        self.probed = probed
        self.policies = policies
        self.graph = DependencyGraph(dependencies, relations)
    }

    /// When to call ``step(_:at:)`` with a tick at the latest; nil when only a fact can change anything.
    public var nextTick: Moment? {
        [self.engineLoss == nil ? self.alarms.values.min() : nil, self.pauses.nextEnd].compactMap(\.self).min()
    }

    /// Whether fresh facts are needed soon: something is bad, suspect, or not proven yet.
    public var isVigilant: Bool { self.services.values.contains(where: \.isVigilant) }

    /// The services of which fresh facts are needed soon: those, and what they stand on.
    public var vigilant: Set<String> {
        var vigilant: Set<String> = []
        for state in self.services.values where state.isVigilant {
            vigilant.insert(state.id.service)
            vigilant.formUnion(self.graph.foundations[state.id.service] ?? [])
        }
        return vigilant
    }

    /// What holds for the service.
    public func policy(of service: String) -> Policy { self.policies[service] ?? self.policy }

    /// Whether the service makes progress and hardly gets a processor, so that it is to be asked patiently.
    public func isStarved(_ id: ServiceID, at now: Moment) -> Bool {
        self.services[id]?.isStarved(at: now, self.policy(of: id.service)) ?? false
    }

    /// Takes `fact` in and says what shall happen.
    ///
    /// Judged are the services that the fact is about, those whose time has come, and whoever stands on them or under
    /// them: what is decided for a service depends on no other one.
    public mutating func step(_ fact: Fact, at now: Moment) -> [Decision] {
        var decisions: [Decision] = []
        var touched = self.touched(by: fact)
        self.take(fact, at: now, &decisions)
        touched.formUnion(self.endPauses(after: fact, at: now, &decisions))
        guard self.engineLoss == nil else { return decisions }
        for (id, alarm) in self.alarms where alarm <= now { touched.insert(id.service) }
        for service in self.graph.sorted(self.graph.related(to: touched)) {
            for id in self.replicas[service] ?? [] {
                self.alarm = Alarm()
                self.judge(id, at: now, &decisions)
                // A bad sign lasts for as long as nothing better is known, so it is looked at as time goes by.
                if self.services[id]?.isVigilant == true { self.alarm.set(now + .seconds(1)) }
                self.alarms[id] = self.alarm.moment
            }
        }
        return decisions
    }

    /// The services that the fact says something about.
    private func touched(by fact: Fact) -> Set<String> {
        switch fact {
        case .observed(let service, _, _), .forgotten(let service): [service]
        case .happened(let id, _, _), .probed(let id, _), .examined(let id, _, _), .actionEnded(let id, _),
            .actionPrepares(let id), .actionBegins(let id):
            [id.service]
        case .engineBack: Set(self.dependencies.keys)
        case .deploying(let deploying): self.deploying.symmetricDifference(deploying)
        case .found(let found): Set(found.keys)
        case .host: Set(self.services.values.filter(\.isVigilant).map(\.id.service))
        case .asked(let wish): wish.service.map { [$0] } ?? Set(self.dependencies.keys)
        case .engineLost, .tick: []
        }
    }

    /// Makes the service known, if it is not yet.
    mutating func know(_ id: ServiceID) {
        guard self.services[id] == nil else { return }
        self.services[id] = ServiceState(id, isProbed: self.probed.contains(id.service))
        self.replicas[id.service, default: []].append(id)
        self.replicas[id.service]?.sort { $0.replica < $1.replica }
    }

    /// The replicas of the service that are known so far.
    func replicas(of service: String) -> [ServiceState] {
        (self.replicas[service] ?? []).compactMap { self.services[$0] }
    }

    private mutating func watch(_ found: [String: Terms]) {
        for (service, terms) in found {
            self.dependencies[service] = terms.dependencies
            self.policies[service] = terms.policy
            if terms.isProbed { self.probed.insert(service) } else { self.probed.remove(service) }
            for id in self.replicas[service] ?? [] { self.change(id) { $0.isProbed = terms.isProbed } }
        }
        self.graph = DependencyGraph(self.dependencies, self.relations)
    }

    private mutating func forget(_ service: String) {
        for id in self.replicas[service] ?? [] {
            self.services[id] = nil
            self.alarms[id] = nil
        }
        self.replicas[service] = nil
        self.dependencies[service] = nil
        self.policies[service] = nil
        self.probed.remove(service)
        self.lookedAt.remove(service)
        self.graph = DependencyGraph(self.dependencies, self.relations)
    }

    // MARK: Taking facts in

    private mutating func take(_ fact: Fact, at now: Moment, _ decisions: inout [Decision]) {
        switch fact {
        case .observed(let service, let containers, let asked):
            guard self.dependencies[service] != nil else { return }
            self.lookedAt.insert(service)
            let known = (self.replicas[service] ?? []).map(\.replica)
            for replica in Set(known).union(containers.keys).sorted() {
                self.observe(
                    ServiceID(service, replica: replica), containers[replica], asOf: asked ?? now, at: now, &decisions)
            }
        case .happened(let id, let event, let time):
            let ended = self.change(id) { [policy = self.policy(of: id.service)] in
                $0.add(event, at: time, heard: now, policy)
            }
            if ended == true, case .died(_, let code) = event, !self.deploying.contains(id.service) {
                self.recordExit(id, code: code, at: now, &decisions)
            }
        case .probed(let id, let probe):
            let dependencies = self.dependencies[id.service] ?? []
            self.change(id) { $0.add(probe, dependencies: dependencies) }
        case .examined(let id, let run, let condition):
            self.change(id) { $0.add(condition, run: run, at: now) }
        case .engineLost(let reason):
            guard self.engineLoss == nil else { return }
            self.engineLoss = EngineLoss(began: now, runs: self.runs)
            decisions.append(.record(Record(nil, .engineLost(reason))))
        case .engineBack:
            guard let loss = self.engineLoss else { return }
            self.engineLoss = nil
            self.withdrawStops(before: loss)
            decisions.append(.record(Record(nil, .engineBack(after: now - loss.began))))
        case .actionPrepares(let id):
            self.change(id) { $0.action?.isPreparing = true }
        case .actionBegins(let id):
            self.change(id) {
                $0.action?.isPreparing = false
                $0.action?.began = now
            }
        case .actionEnded(let id, let outcome):
            self.endAction(id, outcome, at: now, &decisions)
        case .deploying(let deploying):
            let changed = self.deploying.symmetricDifference(deploying)
            self.deploying = deploying
            // What the deploy did to a service says nothing about the service.
            for id in self.services.keys where changed.contains(id.service) {
                self.change(id) {
                    $0.excuse(until: now)
                    $0.stops.forgetCrashes()
                }
            }
        case .found(let found): self.watch(found)
        case .forgotten(let service): self.forget(service)
        case .host(let condition):
            self.host = condition
            if !condition.isDiskFull { self.saidDiskFull = false }
        case .asked(let wish):
            self.take(wish, at: now, &decisions)
        case .tick: break
        }
    }

    private mutating func observe(
        _ id: ServiceID, _ container: Container?, asOf asked: Moment, at now: Moment, _ decisions: inout [Decision]
    ) {
        if container != nil { self.know(id) }
        let isDeploying = self.deploying.contains(id.service)
        let restarted = self.change(id) { [policy = self.policy(of: id.service)] state -> Moment? in
            let isNewRun = state.observe(container, asOf: asked, at: now, policy)
            guard isNewRun, !isDeploying, state.action == nil, let exit = state.stops.crashes.last,
                exit > state.lastActionEnded ?? exit - .seconds(1),
                let container, container.restartPolicy.applies(toExit: container.exitCode),
                let incident = state.incident, !incident.saidRestartedByEngine
            else { return nil }
            state.incident?.saidRestartedByEngine = true
            decisions.append(.record(Record(id, incident: incident.number, .restartedByEngine)))
            return container.started
        }
        if let restarted = restarted ?? nil { self.owe(restartsWith: id.service, since: restarted) }
        if let state = self.services[id], let action = state.action, action.isOrphaned, !state.isOutdated,
            // A run that begins after it was asked for is an old one, by a clock that was set back.
            let started = state.container?.started, started >= action.began, started <= asked
        {
            self.endAction(id, .succeeded, at: now, &decisions)
            self.change(id) {
                $0.isOutdated = false
                // Whose run it is nobody knows: it gets the grace of somebody else's.
                $0.lastActionEnded = action.began
            }
        }
    }

    /// An exit that nobody asked for is news at once, also where the engine's restart policy will deal with it.
    private mutating func recordExit(_ id: ServiceID, code: Int, at now: Moment, _ decisions: inout [Decision]) {
        guard let state = self.services[id], !self.policy(of: id.service).isHandsOff else { return }
        if code == 0, let container = state.container, container.restartPolicy == .no, container.health == nil {
            return
        }
        guard state.incident == nil else {
            self.change(id) {
                $0.incident?.lastBad = now
                $0.incident?.recovered = nil
            }
            return
        }
        self.openIncident(id, state.exitDiagnosis(code: code, at: state.stops.died ?? now), at: now, &decisions)
    }

    private mutating func endAction(
        _ id: ServiceID, _ outcome: ActionOutcome, at now: Moment, _ decisions: inout [Decision]
    ) {
        guard let state = self.services[id], let action = state.action else { return }
        self.change(id) {
            $0.actionEnded(outcome, at: now)
            $0.incident?.lastBad = now
        }
        if outcome == .succeeded { self.owe(restartsWith: id.service, since: now) }
        let event: Record.Event =
            switch outcome {
            case .succeeded: .actionSucceeded(after: now - action.began)
            case .failed(let reason): .actionFailed(reason)
            }
        decisions.append(.record(Record(id, incident: state.incident?.number, event)))
    }

    @discardableResult
    mutating func change<Result>(_ id: ServiceID, _ body: (inout ServiceState) -> Result) -> Result? {
        guard var state = self.services[id] else { return nil }
        let result = body(&state)
        self.services[id] = state
        return result
    }

    // MARK: Deciding

    private mutating func judge(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard let state = self.services[id] else { return }
        if let action = state.action {
            self.change(id) { $0.troubledUntil = now }
            return self.awaitAction(id, action, at: now, &decisions)
        }
        let verdict = self.verdict(of: state, at: now, alarm: &self.alarm)
        if self.policy(of: id.service).isHandsOff {
            // Whoever depends on it must know how it is, and that is all.
            if !verdict.isUntroubled { self.change(id) { $0.troubledUntil = now } }
            return
        }
        if !verdict.isUntroubled { self.change(id) { $0.troubledUntil = now } }
        if verdict.isUntroubled { self.noteStaleHealth(id, at: now, &decisions) }
        switch verdict {
        case .standDown(let reason):
            self.standDown(id, reason, at: now, &decisions)
        case .unknown:
            break
        case .starting, .suspect:
            self.change(id) {
                $0.said = nil
                if verdict == .suspect { $0.incident?.lastBad = now }
            }
        case .bad(let diagnosis):
            self.change(id) { $0.said = nil }
            self.heal(id, diagnosis, at: now, &decisions)
        case .well:
            self.prove(id, at: now, &decisions)
        }
    }

    /// What is thought of the service now.
    func verdict(of state: ServiceState, at now: Moment, alarm: inout Alarm) -> Verdict {
        if self.deploying.contains(state.id.service) { return .standDown(.deploying) }
        let dependencies = self.dependencies[state.id.service] ?? []
        let verdict = state.verdict(
            at: now, self.policy(of: state.id.service), dependencies: dependencies, alarm: &alarm)
        return self.verdictBesideOthers(state, verdict, at: now, alarm: &alarm)
    }

    /// An action always reports back; should it not, it counts as failed after this time.
    private mutating func awaitAction(
        _ id: ServiceID, _ action: ServiceState.ActionInFlight, at now: Moment, _ decisions: inout [Decision]
    ) {
        let policy = self.policy(of: id.service)
        let deadline = action.deadline(margin: action.isOrphaned ? policy.orphanedActionTime : policy.actionTimeMax)
        guard now >= deadline else { return self.alarm.set(deadline) }
        self.endAction(id, .failed("no word of it for \((now - action.began).seconds)"), at: now, &decisions)
    }

    private mutating func standDown(
        _ id: ServiceID, _ reason: StandDown, at now: Moment, _ decisions: inout [Decision]
    ) {
        // An incident stays open: many a deploy changes nothing, and the one that mends it is proved as any healing is.
        if reason == .deploying { return }
        guard var state = self.services[id] else { return }
        defer { self.services[id] = state }
        if let incident = state.incident {
            state.incident = nil
            state.pastIncident = .init(ended: now, length: now - incident.began)
            state.said = reason
            decisions.append(.record(Record(id, incident: incident.number, .standDown(reason.rawValue))))
            return
        }
        switch reason {
        case .stopped, .foundStopped, .completed, .ended, .paused, .debugged: break
        // Passing states; they end in one of the others, or in a new container.
        case .stopping, .removed, .deploying, .maintenance: return
        }
        guard state.said != reason else { return }
        if reason == .stopped, let died = state.stops.died, now - died < .seconds(2) {
            // A restart and a recreate begin with a stop: wait whether it stays one.
            self.alarm.set(died + .seconds(2))
            return
        }
        state.said = reason
        decisions.append(.record(Record(id, .leftAlone(reason.rawValue))))
    }

    mutating func openIncident(
        _ id: ServiceID, _ diagnosis: Diagnosis, at now: Moment, _ decisions: inout [Decision]
    ) {
        guard var state = self.services[id] else { return }
        defer { self.services[id] = state }
        if var incident = state.incident {
            incident.lastBad = now
            incident.recovered = nil
            incident.diagnosis = diagnosis
            // A new kind of bad is news; more evidence of a known one is not.
            let isNews = incident.saidKinds.insert(diagnosis.kind).inserted
            state.incident = incident
            if isNews { decisions.append(.record(Record(id, incident: incident.number, .detected(diagnosis)))) }
            return
        }
        let policy = self.policy(of: id.service)
        if let past = state.pastIncident, now - past.ended >= policy.stableTime(afterIncident: past.length) {
            state.attempts = 0
            state.lastAttempt = nil
        }
        self.incidentsEver += 1
        state.incident = Incident(
            number: self.incidentsEver, began: state.probes.failingSince ?? now, diagnosis: diagnosis)
        state.incident?.lastBad = now
        state.incident?.saidKinds = [diagnosis.kind]
        decisions.append(.record(Record(id, incident: self.incidentsEver, .detected(diagnosis))))
    }

    private mutating func heal(
        _ id: ServiceID, _ diagnosis: Diagnosis, at now: Moment, _ decisions: inout [Decision]
    ) {
        self.openIncident(id, diagnosis, at: now, &decisions)
        if self.isPaused(id, at: now, &decisions) { return }
        let holders = self.holders(of: id, diagnosis, at: now)
        guard holders.isEmpty else { return self.hold(id, by: holders, &decisions) }
        guard !self.isChainBusy(id) else { return }
        let policy = self.policy(of: id.service)
        if let due = self.services[id]?.nextAttempt(policy), now < due { return self.alarm.set(due) }
        guard !self.isNeededByClients(id, at: now), !self.isOwnProbeToBlame(id, at: now, &decisions),
            !self.isHeldBack(id, diagnosis.kind, at: now, &decisions)
        else { return }
        self.act(id, at: now, &decisions)
    }

    private mutating func hold(_ id: ServiceID, by holders: [String], _ decisions: inout [Decision]) {
        guard var incident = self.services[id]?.incident, !Set(holders).isSubset(of: incident.heldBy) else { return }
        incident.heldBy = holders
        self.change(id) { $0.incident = incident }
        decisions.append(.record(Record(id, incident: incident.number, .held(by: holders))))
    }

    mutating func act(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        let policy = self.policy(of: id.service)
        let image = self.imageToRollBackTo(id)
        if let tried = self.services[id]?.triedAll(policy), self.services[id]?.incident?.saidPersonNeeded == false {
            self.change(id) { $0.incident?.saidPersonNeeded = true }
            decisions.append(.record(Record(id, incident: self.services[id]?.incident?.number, .personNeeded(tried))))
        }
        let isCutOff = self.services[id].map(self.needsNewContainer) ?? false
        let isAlone = policy.mayRecreate && self.isAlone(id)
        let begun = self.change(id) {
            $0.beginAction(anew: isCutOff, mayEscalate: isAlone, rollingBackTo: image, at: now, policy)
        }
        guard let begun, let action = begun, let state = self.services[id] else { return }
        let backoff = policy.backoff.delay(afterAttempt: state.attempts)
        let acted = Record.Event.acted(action.kind, attempt: state.attempts, backoff: backoff)
        decisions.append(.record(Record(id, incident: state.incident?.number, acted)))
        decisions.append(.act(id, action))
    }

    private mutating func prove(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard var state = self.services[id], let container = state.container else { return }
        defer { self.services[id] = state }
        let policy = self.policy(of: id.service)
        state.said = nil
        state.isBroughtDown = false
        state.endedRun = nil
        if !state.saidProbeAtFault, let advice = state.dockerCheckFault {
            state.saidProbeAtFault = true
            decisions.append(.record(Record(id, incident: state.incident?.number, .probeAtFault(advice))))
        }
        guard var incident = state.incident else { return self.verifyImage(of: state, at: now, &decisions) }
        let recovered = incident.recovered ?? now
        if incident.recovered == nil {
            incident.recovered = now
            incident.uselessAttempts = 0
            decisions.append(
                .record(Record(id, incident: incident.number, .recovered(after: now - incident.began))))
            if let needs = state.startTimeNeeded(at: now) {
                state.startTimeLearnt = needs
                decisions.append(.record(Record(id, incident: incident.number, .startPeriodShort(needs: needs))))
            }
        }
        // What comes and goes has to stay.
        let stable = incident.lastBad + policy.stableTimeMin
        if incident.diagnosis.kind == .flapping, now < stable {
            self.alarm.set(stable)
        } else if let proof = state.proof(since: incident.lastBad, at: now, policy, alarm: &self.alarm) {
            let healed = Record.Event.healed(after: now - incident.began, attempts: incident.attempts, proof: proof)
            decisions.append(.record(Record(id, incident: incident.number, healed)))
            state.pastIncident = .init(ended: now, length: now - incident.began)
            state.learn(from: incident)
            state.incident = nil
            self.verifyImage(of: state, at: now, &decisions)
            return
        }
        if let health = container.health, !incident.saidUnproven {
            let deadline = recovered + health.verifyDeadline(margin: policy.verifyMargin)
            if now >= deadline {
                incident.saidUnproven = true
                let reason = "it serves, but Docker's health is still \(health.status.rawValue)"
                decisions.append(.record(Record(id, incident: incident.number, .unproven(reason))))
            } else {
                self.alarm.set(deadline)
            }
        }
        state.incident = incident
    }
}
