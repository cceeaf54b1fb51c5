extension HealingState {
    /// Folds the records of a journal, oldest first, into this state, so that a watchdog which was killed at any point
    /// goes on where it was: same incidents, same backoff, same respect for what a person stopped.
    ///
    /// To be called before the first ``step(_:at:)``.
    ///
    /// - Parameter records: each with its time; times before the origin are fine.
    public mutating func restore(_ records: some Collection<(Record, at: Moment)>) {
        // By a clock that was set back an earlier line looks later: it is at most as late as the one after it.
        var times = records.map(\.at)
        for index in times.indices.dropLast().reversed() { times[index] = min(times[index], times[index + 1]) }
        for ((record, told), time) in zip(records, times) {
            if let number = record.incident { self.incidentsEver = max(self.incidentsEver, number) }
            self.restorePause(record, at: time)
            guard let id = record.service, self.dependencies[id.service] != nil else { continue }
            self.know(id)
            let policy = self.policy(of: id.service)
            self.change(id) { $0.restore(record, at: time, policy) }
            switch record.event {
            case .imageVerified(let image): self.remember(image, of: id.service)
            // Of a restart at an unknown time nobody can tell whether a dependent was restarted after it.
            case .actionSucceeded, .restartedByEngine:
                self.pay(id)
                if told == time { self.owe(restartsWith: id.service, since: time) }
            default: break
            }
        }
    }

    /// One whose time was up while nobody watched is ended, and told, by the first step.
    private mutating func restorePause(_ record: Record, at time: Moment) {
        switch record.event {
        case .paused(let length, let reason):
            self.pauses.begin(record.service?.service, Pause(until: time + length, reason: reason))
        case .resumed(.person): _ = self.pauses.end(record.service?.service)
        case .resumed(.time): self.pauses.forget(record.service?.service)
        default: break
        }
    }
}

extension ServiceState {
    fileprivate mutating func restore(_ record: Record, at time: Moment, _ policy: Policy) {
        switch record.event {
        case .detected(let diagnosis):
            if self.incident == nil {
                self.forgetAttemptsIfStable(at: time, policy)
                self.incident = Incident(number: record.incident ?? 0, began: time, diagnosis: diagnosis)
            }
            self.incident?.diagnosis = diagnosis
            self.incident?.saidKinds.insert(diagnosis.kind)
            self.incident?.lastBad = time
            self.isTroubled = true
            // It was wanted to run, or there would have been no incident.
            self.isWanted = true
            if let asked = self.stops.asked { self.stops.withdraw(from: asked, to: time) }
        case .held(let dependencies):
            self.incident?.heldBy = dependencies
        case .acted(let kind, let attempt, _):
            self.attempts = attempt
            self.lastAttempt = time
            self.lastKind = kind
            self.incident?.attempts += 1
            self.incident?.uselessAttempts += 1
            self.incident?.lastAction = kind
            self.incident?.heldBy = []
            self.incident?.recovered = nil
            self.incident?.lastBad = time
            // Killed in the middle of it, we may have stopped the container and not started it again.
            self.isBroughtDown = true
            self.action = ActionInFlight(kind: kind, began: time, isOrphaned: true)
            self.orphanBegan = time
        case .actionSucceeded:
            self.restoreEnd(at: time)
            self.succeeded()
        case .actionFailed:
            self.restoreEnd(at: time)
        case .restartedByEngine:
            self.incident?.saidRestartedByEngine = true
        case .recovered:
            self.incident?.recovered = time
            self.incident?.uselessAttempts = 0
        case .healed(let length, _, _):
            if let incident = self.incident { self.learn(from: incident) }
            self.endIncident(at: time, length: length)
            self.isBroughtDown = false
        case .standDown(let reason):
            self.endIncident(at: time, length: self.incident.map { time - $0.began } ?? .zero)
            self.respect(reason, at: time)
        case .leftAlone(StandDown.maintenance.rawValue):
            self.incident?.saidPaused = true
        case .leftAlone(let reason):
            self.respect(reason, at: time)
        case .unproven:
            self.incident?.saidUnproven = true
        case .probeAtFault:
            self.saidProbeAtFault = true
        case .ownProbeAtFault:
            self.incident?.isProbeBlamed = true
        case .staleHealth:
            self.saidStaleHealth = true
        case .startPeriodShort(let needs):
            self.startTimeLearnt = needs
        case .personNeeded:
            self.incident?.saidPersonNeeded = true
        case .hostTrouble, .imageVerified, .paused, .resumed, .healAsked, .healRefused, .engineLost, .engineBack:
            break
        }
    }

    private mutating func restoreEnd(at time: Moment) {
        if let began = self.action?.began { self.ownDoing = began...max(began, time) }
        self.action = nil
        self.orphanBegan = nil
        self.lastActionEnded = time
    }

    private mutating func respect(_ reason: String, at time: Moment) {
        guard let reason = StandDown(rawValue: reason) else { return }
        self.said = reason
        switch reason {
        case .stopped: self.stops.stopped(at: time, patience: .zero)
        case .stopping: self.stops.signalled(at: time, patience: .zero)
        case .foundStopped, .completed, .ended, .paused, .debugged, .removed, .deploying, .maintenance: return
        }
        self.isBroughtDown = false
    }
}
