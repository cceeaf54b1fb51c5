/// The healing core: a state machine from facts and time to decisions. A value: no clock, no I/O, no randomness.
///
/// ``step(_:at:)`` takes one fact in and then judges every service anew. Nothing is decided by the fact alone, so a
/// fact that is lost, late or doubled costs time at most.
public struct HealingState: Sendable {
    public let policy: Policy
    /// Direct dependencies per service; each key is a service that is watched.
    public let dependencies: [String: [String]]
    /// The services whose health URL is asked.
    public let probed: Set<String>

    var services: [ServiceID: ServiceState] = [:]
    var engineLostAt: Moment?
    var isDeploying = false
    var incidentsEver = 0
    private var alarm = Alarm()
    /// Watched services, dependencies before their dependents.
    private let order: [String]

    public init(policy: Policy = Policy(), dependencies: [String: [String]], probed: Set<String>) {
        self.policy = policy
        self.dependencies = dependencies
        self.probed = probed
        self.order = HealingState.sorted(dependencies)
    }

    /// When to call ``step(_:at:)`` with a tick at the latest; nil when only a fact can change anything.
    public var nextTick: Moment? { self.alarm.moment }

    /// Whether fresh facts are needed soon: something is bad, suspect, or not proven yet.
    public var isVigilant: Bool {
        self.services.values.contains { $0.incident != nil || $0.probes.failures > 0 || $0.stoppedSince != nil }
    }

    /// Takes `fact` in and says what shall happen.
    public mutating func step(_ fact: Fact, at now: Moment) -> [Decision] {
        var decisions: [Decision] = []
        self.take(fact, at: now, &decisions)
        self.alarm = Alarm()
        guard self.engineLostAt == nil else { return decisions }
        for service in self.order {
            for id in self.services.keys.filter({ $0.service == service }).sorted(by: { $0.replica < $1.replica }) {
                self.judge(id, at: now, &decisions)
            }
        }
        return decisions
    }

    // MARK: Taking facts in

    private mutating func take(_ fact: Fact, at now: Moment, _ decisions: inout [Decision]) {
        switch fact {
        case .observed(let service, let containers):
            guard self.dependencies[service] != nil else { return }
            let known = self.services.keys.filter { $0.service == service }.map(\.replica)
            for replica in Set(known).union(containers.keys) {
                self.observe(ServiceID(service, replica: replica), containers[replica], at: now, &decisions)
            }
        case .happened(let id, let event, let time):
            let ended = self.change(id) { [policy] in $0.add(event, at: time, policy) }
            if ended == true, case .died(_, let code) = event, !self.isDeploying {
                self.recordExit(id, code: code, at: now, &decisions)
            }
        case .probed(let id, let probe):
            self.change(id) { $0.add(probe) }
        case .examined(let id, let run, let condition):
            self.change(id) { $0.add(condition, run: run, at: now) }
        case .engineLost(let reason):
            guard self.engineLostAt == nil else { return }
            self.engineLostAt = now
            decisions.append(.record(Record(nil, .engineLost(reason))))
            for id in self.services.keys { self.change(id) { $0.engineLost(at: now) } }
        case .engineBack:
            guard let lost = self.engineLostAt else { return }
            self.engineLostAt = nil
            decisions.append(.record(Record(nil, .engineBack(after: now - lost))))
        case .actionEnded(let id, let outcome):
            self.endAction(id, outcome, at: now, &decisions)
        case .deploying(let isDeploying):
            guard self.isDeploying != isDeploying else { return }
            self.isDeploying = isDeploying
            // What the deploy did to a service says nothing about the service.
            for id in self.services.keys {
                self.change(id) {
                    $0.probes.forgive()
                    $0.exits.removeAll()
                }
            }
        case .tick: break
        }
    }

    private mutating func observe(
        _ id: ServiceID, _ container: Container?, at now: Moment, _ decisions: inout [Decision]
    ) {
        if self.services[id] == nil {
            guard container != nil else { return }
            self.services[id] = ServiceState(id, isProbed: self.probed.contains(id.service))
        }
        self.change(id) { state in
            let isNewRun = state.observe(container, at: now)
            guard isNewRun, state.action == nil, let exit = state.exits.last,
                exit > state.lastActionEnded ?? exit - .seconds(1),
                let incident = state.incident, !incident.saidRestartedByEngine
            else { return }
            state.incident?.saidRestartedByEngine = true
            decisions.append(.record(Record(id, incident: incident.number, .restartedByEngine)))
        }
    }

    /// An exit that nobody asked for is news at once, also where the engine's restart policy will deal with it.
    private mutating func recordExit(_ id: ServiceID, code: Int, at now: Moment, _ decisions: inout [Decision]) {
        guard self.services[id]?.incident == nil else {
            self.change(id) {
                $0.incident?.lastBad = now
                $0.incident?.recovered = nil
            }
            return
        }
        self.openIncident(id, ServiceState.exitDiagnosis(code: code, isOutOfMemory: false), at: now, &decisions)
    }

    private mutating func endAction(
        _ id: ServiceID, _ outcome: ActionOutcome, at now: Moment, _ decisions: inout [Decision]
    ) {
        guard let state = self.services[id], let action = state.action else { return }
        self.change(id) {
            $0.actionEnded(outcome, at: now)
            $0.incident?.lastBad = now
        }
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
        if let action = state.action { return self.awaitAction(id, action, at: now, &decisions) }
        let verdict = self.verdict(id, at: now)
        switch verdict {
        case .standDown(let reason):
            self.standDown(id, reason, at: now, &decisions)
        case .unknown:
            self.change(id) { $0.wellSince = nil }
        case .starting, .suspect:
            self.change(id) {
                $0.wellSince = nil
                if verdict == .suspect {
                    $0.incident?.recovered = nil
                    $0.incident?.lastBad = now
                }
            }
        case .bad(let diagnosis):
            self.change(id) { $0.wellSince = nil }
            self.heal(id, diagnosis, at: now, &decisions)
        case .well:
            self.prove(id, at: now, &decisions)
        }
    }

    /// What is thought of the service now; as ``judge`` sees it.
    private mutating func verdict(_ id: ServiceID, at now: Moment) -> Verdict {
        guard let state = self.services[id] else { return .standDown(.removed) }
        if self.isDeploying { return .standDown(.deploying) }
        let dependencies = self.dependencies[id.service] ?? []
        return state.verdict(at: now, self.policy, dependencies: dependencies, alarm: &self.alarm)
    }

    /// An action always reports back; should it not, it counts as failed after this time.
    private mutating func awaitAction(
        _ id: ServiceID, _ action: ServiceState.ActionInFlight, at now: Moment, _ decisions: inout [Decision]
    ) {
        let grace: Duration = if case .restart(let grace) = action.action.kind { grace } else { .zero }
        let deadline = action.began + grace + .seconds(120)
        guard now >= deadline else { return self.alarm.set(deadline) }
        self.endAction(id, .failed("no word of it for \((now - action.began).seconds)"), at: now, &decisions)
    }

    private mutating func standDown(
        _ id: ServiceID, _ reason: StandDown, at now: Moment, _ decisions: inout [Decision]
    ) {
        guard var state = self.services[id] else { return }
        defer { self.services[id] = state }
        state.wellSince = nil
        if let incident = state.incident {
            state.incident = nil
            state.pastIncident = .init(ended: now, length: now - incident.began)
            state.isBroughtDown = false
            decisions.append(.record(Record(id, incident: incident.number, .standDown(reason.rawValue))))
            return
        }
        switch reason {
        case .stopped, .foundStopped, .completed, .paused, .debugged: break
        // Passing states; they end in one of the others, or in a new container.
        case .stopping, .removed, .deploying: return
        }
        guard !state.said.contains(reason) else { return }
        if case .stopped(let time) = state.intent, now - time < .seconds(2) {
            // A restart and a recreate begin with a stop: wait whether it stays one.
            self.alarm.set(time + .seconds(2))
            return
        }
        state.said.insert(reason)
        decisions.append(.record(Record(id, .leftAlone(reason.rawValue))))
    }

    private mutating func openIncident(
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
        if let past = state.pastIncident, now - past.ended >= self.policy.stableTime(afterIncident: past.length) {
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
        guard var state = self.services[id], var incident = state.incident, let container = state.container
        else { return }
        let holders = self.holders(of: id, diagnosis, at: now)
        if !holders.isEmpty {
            if incident.heldBy != holders {
                incident.heldBy = holders
                decisions.append(.record(Record(id, incident: incident.number, .held(by: holders))))
            }
            state.incident = incident
            self.services[id] = state
            return
        }
        incident.heldBy = []
        // One action at a time along a chain: what depends on it is being acted on, and would be judged unfairly.
        let isChainBusy = self.services.values.contains {
            $0.action != nil && self.dependencies[$0.id.service]?.contains(id.service) == true
        }
        if isChainBusy {
            state.incident = incident
            self.services[id] = state
            return
        }
        if let last = state.lastAttempt {
            let due = last + self.policy.backoff.delay(afterAttempt: state.attempts)
            guard now >= due else {
                self.alarm.set(due)
                state.incident = incident
                self.services[id] = state
                return
            }
        }
        let action = Action(state.remedy(for: container, self.policy), container: container.run.container)
        state.attempts += 1
        state.lastAttempt = now
        state.action = .init(action: action, began: now)
        state.isBroughtDown = true
        state.endedRun = container.run
        incident.attempts += 1
        state.incident = incident
        self.services[id] = state
        let backoff = self.policy.backoff.delay(afterAttempt: state.attempts)
        let acted = Record.Event.acted(action.kind, attempt: state.attempts, backoff: backoff)
        decisions.append(.record(Record(id, incident: incident.number, acted)))
        decisions.append(.act(id, action))
    }

    /// The dependencies for whose sake nothing is done to the service now.
    private mutating func holders(of id: ServiceID, _ diagnosis: Diagnosis, at now: Moment) -> [String] {
        (self.dependencies[id.service] ?? []).filter { dependency in
            self.dependencies[dependency] != nil && self.isHeld(id, diagnosis, by: dependency, at: now)
        }
    }

    private mutating func isHeld(
        _ id: ServiceID, _ diagnosis: Diagnosis, by dependency: String, at now: Moment
    ) -> Bool {
        let states = self.services.values.filter { $0.id.service == dependency }
        let standDowns = states.compactMap { self.standDownReason(of: $0, at: now) }
        if standDowns.count == states.count {
            // It is not ours to heal, so waiting for it may last for ever: only where it can be the cause.
            if standDowns.allSatisfy({ $0 == .removed || $0 == .completed }) { return diagnosis.kind == .dependency }
            return diagnosis.kind.mayBeCausedByDependency
        }
        guard states.allSatisfy({ $0.wellSince != nil }), let wellSince = states.compactMap(\.wellSince).max() else {
            return true
        }
        guard diagnosis.kind == .dependency, let failing = self.services[id]?.probes.failingSince else { return false }
        // It blames a dependency that looks well. That one's word must be newer than the complaint, and the service
        // gets time to find out for itself.
        let isNewer = states.allSatisfy { state in
            guard let health = state.container?.health else { return true }
            return health.lastCheck.map { $0.began > failing } ?? false
        }
        let patienceEnd = max(wellSince, failing) + self.policy.dependencyPatience
        if isNewer { self.alarm.set(patienceEnd) }
        return !isNewer || now < patienceEnd
    }

    private func standDownReason(of state: ServiceState, at now: Moment) -> StandDown? {
        guard state.action == nil else { return nil }
        var alarm = Alarm()
        let verdict = state.verdict(at: now, self.policy, dependencies: [], alarm: &alarm)
        if case .standDown(let reason) = verdict { return reason }
        return nil
    }

    private mutating func prove(_ id: ServiceID, at now: Moment, _ decisions: inout [Decision]) {
        guard var state = self.services[id], let container = state.container else { return }
        defer { self.services[id] = state }
        state.wellSince = state.wellSince ?? now
        state.isBroughtDown = false
        state.endedRun = nil
        if state.isDockerCheckBroken, !state.saidProbeAtFault, state.isProbed {
            state.saidProbeAtFault = true
            let advice =
                "Docker's healthcheck can not run in the container while the health URL answers; "
                + "put its command (curl) into the image"
            decisions.append(.record(Record(id, incident: state.incident?.number, .probeAtFault(advice))))
        }
        guard var incident = state.incident else { return }
        let recovered = incident.recovered ?? now
        if incident.recovered == nil {
            incident.recovered = now
            decisions.append(
                .record(Record(id, incident: incident.number, .recovered(after: now - incident.began))))
        }
        if let proof = state.proof(since: incident.lastBad, at: now, self.policy, alarm: &self.alarm) {
            let healed = Record.Event.healed(after: now - incident.began, attempts: incident.attempts, proof: proof)
            decisions.append(.record(Record(id, incident: incident.number, healed)))
            state.pastIncident = .init(ended: now, length: now - incident.began)
            state.incident = nil
            return
        }
        if let health = container.health, !incident.saidUnproven {
            let deadline = recovered + health.verifyDeadline(margin: self.policy.verifyMargin)
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

    private static func sorted(_ dependencies: [String: [String]]) -> [String] {
        var order: [String] = []
        var visited: Set<String> = []
        func visit(_ service: String) {
            guard dependencies[service] != nil, visited.insert(service).inserted else { return }
            for dependency in dependencies[service, default: []].sorted() { visit(dependency) }
            order.append(service)
        }
        for service in dependencies.keys.sorted() { visit(service) }
        return order
    }
}
