// How facts come in.

extension HealingState {
    mutating func take(_ fact: Fact, at now: Moment, _ decisions: inout [Decision]) {
        switch fact {
        case .observed(let service, let containers, let asked):
            guard self.dependencies[service] != nil else { return }
            self.lookedAt.insert(service)
            let known = self.replicas(of: service).map(\.id.replica)
            for replica in Set(known).union(containers.keys).sorted() {
                self.observe(
                    ServiceID(service, replica: replica), containers[replica], asOf: asked ?? now, at: now, &decisions)
            }
        case .happened(let id, let event, let time):
            guard self.dependencies[id.service] != nil else { return }
            // It may be told of before it is ever looked at.
            self.know(id)
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
            guard self.dependencies[id.service] != nil else { return }
            // It is asked for before what a look shows is told.
            self.know(id)
            self.change(id) { $0.add(condition, run: run, at: now) }
        case .engineLost(let reason):
            guard self.engineLoss == nil else { return }
            self.engineLoss = EngineLoss(began: now, runs: self.runs)
            decisions.append(.record(Record(nil, .engineLost(reason))))
        case .engineBack:
            guard let loss = self.engineLoss else { return }
            self.engineLoss = nil
            self.withdrawStops(before: loss)
            for id in self.services.keys { self.change(id) { $0.checkableSince = now } }
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
                    $0.outdate(at: now)
                }
            }
        case .found(let found): self.watch(found)
        case .forgotten(let service): self.forget(service)
        case .host(let condition):
            self.host = condition
            if !condition.isAnyDiskFull { self.saidDiskFull = false }
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
            return state.container?.started
        }
        if let restarted = restarted ?? nil { self.owe(restartsWith: id.service, since: restarted) }
        if let state = self.services[id], let action = state.action, action.isOrphaned, !state.isOutdated,
            let started = state.container?.started, started >= action.began, !state.isStartAstray
        {
            self.endAction(id, .succeeded, at: now, &decisions)
            self.change(id) { $0.isOutdated = false }
        }
    }

    /// An exit that nobody asked for is news at once, also where the engine's restart policy will deal with it.
    private mutating func recordExit(_ id: ServiceID, code: Int, at now: Moment, _ decisions: inout [Decision]) {
        let policy = self.policy(of: id.service)
        guard let state = self.services[id], !policy.isHandsOff,
            state.ownEnd(code: code, isNeeded: self.isNeeded(id.service), policy) != .completed
        else { return }
        guard state.incident == nil else {
            self.change(id) {
                $0.incident?.lastBad = now
                $0.incident?.recovered = nil
            }
            return
        }
        self.openIncident(id, state.exitDiagnosis(code: code, at: state.stops.died ?? now), at: now, &decisions)
    }

    mutating func endAction(
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
            case .yielded: .actionFailed("somebody else has stopped it meanwhile")
            }
        decisions.append(.record(Record(id, incident: state.incident?.number, event)))
    }
}
