/// All that is known about one service, and what is being done about it.
struct ServiceState: Hashable {
    /// Who wants it to be what.
    enum Intent: Hashable {
        /// Never seen running, so nobody knows.
        case unknown
        case running
        /// A person stopped it at this time.
        case stopped(Moment)
    }

    struct ActionInFlight: Hashable {
        let action: Action
        let began: Moment
    }

    struct PastIncident: Hashable {
        let ended: Moment
        let length: Duration
    }

    let id: ServiceID
    /// Whether the health URL is asked for this service; the others are judged by Docker and the kernel alone.
    let isProbed: Bool

    var container: Container?
    var probes = ProbeHistory()
    var condition = ProcessCondition()
    /// Since when all threads are stopped.
    var stoppedSince: Moment?
    var intent = Intent.unknown
    /// When somebody else sent a signal that stops.
    var askedToStop: Moment?
    /// Exits that nobody asked for, the recent ones.
    var exits: [Moment] = []
    var wellSince: Moment?
    /// Since when there is no process.
    var goneSince: Moment?

    var action: ActionInFlight?
    /// When the latest action ended: engine events up to then are our own doing.
    var lastActionEnded: Moment?
    /// The run that a restart of ours has ended; what is still heard of it is not believed.
    var endedRun: Container.Run?
    /// An action of ours may have left it stopped. What we stopped we bring back, however often it takes.
    var isBroughtDown = false
    /// Attempts since the backoff last started over.
    var attempts = 0
    var lastAttempt: Moment?
    var incident: Incident?
    var pastIncident: PastIncident?
    /// What was said once and is not said again until the situation changes.
    var said: Set<StandDown> = []
    var saidProbeAtFault = false

    init(_ id: ServiceID, isProbed: Bool) {
        self.id = id
        self.isProbed = isProbed
    }
}

// MARK: Taking facts in

extension ServiceState {
    /// - Returns: whether this is a run we have not seen before of a process that ended by itself.
    mutating func observe(_ container: Container?, at now: Moment) -> Bool {
        let old = self.container
        self.container = container
        guard let container else {
            self.forgetRun()
            return false
        }
        var isNewRun = false
        if container.run != old?.run {
            self.forgetRun()
            isNewRun = old != nil
        }
        switch container.state {
        case .running, .paused: self.goneSince = nil
        case .created, .restarting, .removing, .exited, .dead: self.goneSince = self.goneSince ?? now
        }
        switch container.state {
        case .running, .restarting:
            if case .stopped = self.intent { self.askedToStop = nil }
            self.intent = .running
            self.said.removeAll()
            if self.action == nil, container.run != self.endedRun { self.isBroughtDown = false }
        case .paused:
            // Its silence is the pause's.
            self.probes.forgive()
            self.stoppedSince = nil
        case .created, .removing, .exited, .dead:
            break
        }
        return isNewRun && container.state == .running
    }

    private mutating func forgetRun() {
        self.probes = ProbeHistory()
        self.condition = ProcessCondition()
        self.stoppedSince = nil
        self.saidProbeAtFault = false
        self.wellSince = nil
    }

    mutating func add(_ probe: ProbeResult) {
        guard let container = self.container, container.run == probe.run, container.state == .running else { return }
        self.probes.add(probe)
    }

    mutating func add(_ condition: ProcessCondition, run: Container.Run, at now: Moment) {
        guard self.container?.run == run, self.container?.state == .running else { return }
        if condition.isTraced || self.condition.isTraced { self.probes.forgive() }
        self.condition = condition
        let isStopped = condition.isStopped && !condition.isTraced
        self.stoppedSince = isStopped ? self.stoppedSince ?? now : nil
    }

    /// - Returns: whether the process ended though nobody asked for it.
    mutating func add(_ event: ContainerEvent, at time: Moment, _ policy: Policy) -> Bool {
        if self.isOwnDoing(at: time) { return false }
        switch event {
        case .killed(let container, let stops):
            if stops, container == self.container?.run.container { self.askedToStop = time }
            return false
        case .started:
            self.askedToStop = nil
            self.intent = .running
            return false
        case .died(let container, _):
            guard container == self.container?.run.container else { return false }
            if self.isBeingStopped(at: time) {
                self.askedToStop = nil
                self.intent = .stopped(time)
                return false
            }
            self.exits.removeAll { time - $0 > policy.crashLoopTime }
            self.exits.append(time)
            return true
        }
    }

    private func isOwnDoing(at time: Moment) -> Bool {
        if let action = self.action { return time >= action.began }
        guard let began = self.lastAttempt, let ended = self.lastActionEnded else { return false }
        return time >= began && time <= ended
    }

    /// Whether a stop that somebody else asked for can still be going on.
    func isBeingStopped(at now: Moment) -> Bool {
        guard let asked = self.askedToStop, let container = self.container else { return false }
        // A process may ignore the signal; after the grace and a little for the engine the request is void.
        return now - asked <= container.stopGrace + .seconds(5)
    }

    /// The engine went away. A daemon that shuts down stops its containers through the same calls as a person does, so
    /// stops of the last moments are nobody's wish.
    mutating func engineLost(at now: Moment) {
        self.askedToStop = nil
        if case .stopped(let time) = self.intent, now - time < .seconds(20) { self.intent = .running }
    }

    mutating func actionEnded(_ outcome: ActionOutcome, at now: Moment) {
        guard let action = self.action else { return }
        self.action = nil
        self.lastActionEnded = now
        if let container = self.container, container.run != self.endedRun,
            container.state == .running || container.state == .restarting
        {
            self.isBroughtDown = false
        }
        // A refused restart may have ended the run or not; only a success is sure to have.
        if outcome == .succeeded, case .restart = action.action.kind {} else { self.endedRun = nil }
    }
}
