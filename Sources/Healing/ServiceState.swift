/// All that is known about one service, and what is being done about it.
struct ServiceState: Hashable {
    struct ActionInFlight: Hashable {
        let kind: Action.Kind
        var began: Moment
        /// Whether nothing has been done yet: what happens to the container is somebody else's doing.
        var isPreparing = false
        /// Begun by the watchdog before this one: nobody will report its end.
        var isOrphaned = false

        /// The time the engine is given for it, and `margin`.
        func deadline(margin: Duration) -> Moment {
            self.began + self.kind.grace + margin
        }
    }

    struct EarlyCondition: Hashable {
        let condition: ProcessCondition
        let run: Container.Run
    }

    struct PastIncident: Hashable {
        let ended: Moment
        let length: Duration
    }

    let id: ServiceID
    /// Whether the health URL is asked for this service; the others are judged by Docker and the kernel alone.
    var isProbed: Bool

    var container: Container?
    /// When its present run was first seen.
    var runSeen: Moment?
    /// Whether it is said to have begun after it was asked for: by a clock that was set back, so nobody knows when.
    var isStartAstray = false
    /// Whether Docker was seen to call the present run healthy.
    var wasHealthy = false
    /// Up to when the container was looked at; nil when it never was.
    var observed: Moment?
    /// When the first look was over, though it may have been outdated by then.
    var firstSeen: Moment?
    /// Something happened since, that the next look will show.
    var isOutdated = false
    /// When the latest of it was heard of.
    var lastNews: Moment?
    var probes = ProbeHistory()
    /// When the latest probe began that was answered with nothing but a complaint about dependencies.
    var blamedOthers: Moment?
    /// Since when all that failed were.
    var blamesOthersSince: Moment?
    /// How many probes of the present row had failed by then.
    var failuresBlamed = 0
    /// When the first probe after that began that failed otherwise.
    var failingItselfSince: Moment?
    var condition = ProcessCondition()
    /// What the kernel said of a run before a look showed that it goes on.
    var earlyCondition: EarlyCondition?
    /// What its processes did with the processor since it last answered.
    var effort = Effort()
    /// Whether Docker's checks are known to fail.
    var failsChecks = false
    /// Since when they are known to fail by running out of time, one after the other.
    var checksLateSince: Moment?
    /// When they were last seen to starve.
    var starvedAt: Moment?
    /// When it began to fail again after it had answered, in any run, but for what was treated.
    var relapses: [Moment] = []
    /// Whether the kernel said anything of this run.
    var isExamined = false
    /// Bad signs from before this time are somebody else's doing: a pause, a tracer, a deploy.
    var excusedUntil: Moment?
    /// Since when the engine could have checked it, after it was away.
    var checkableSince: Moment?
    /// Up to when the machine stood still, or the engine was away: what was awaited until then could not come.
    var unjudgedUntil: Moment?
    /// Since when all threads are stopped.
    var stoppedSince: Moment?
    /// Whether it was ever seen running, so that somebody wants it to.
    var isWanted = false
    var stops = Stops()
    /// The run that the engine has ended when it was shut down.
    var shutDownRun: Container.Run?
    /// What was heard of containers before a look showed them.
    var early: [EarlyEvent] = []
    /// Whether it was known not to serve, or not to be ours, when it was last judged.
    var isTroubled = false
    /// Up to when that may have lasted.
    var troubledUntil: Moment?
    /// Since when there is no process.
    var goneSince: Moment?

    var action: ActionInFlight?
    /// When the latest action ended: engine events up to then are our own doing.
    var lastActionEnded: Moment?
    /// The time of the latest action of this watchdog.
    var ownDoing: ClosedRange<Moment>?
    /// When the watchdog before began an action whose end it did not tell.
    var orphanBegan: Moment?
    /// The run that a restart of ours has ended; what is still heard of it is not believed.
    var endedRun: Container.Run?
    /// The latest attempt's action.
    var lastKind: Action.Kind?
    /// The causes that a container made anew has cured, and a restart had not.
    var curedByRecreate: Set<Diagnosis.Kind> = []
    /// When the kernel last killed a process of it for want of memory.
    var outOfMemory: Moment?
    /// How long it was once seen to need for its start.
    var startTimeLearnt: Duration?
    /// An action of ours may have left it stopped. What we stopped we bring back, however often it takes.
    var isBroughtDown = false
    /// Attempts since the backoff last started over.
    var attempts = 0
    var lastAttempt: Moment?
    var incident: Incident?
    var pastIncident: PastIncident?
    /// What was said once and is not said again until the situation changes.
    var said: StandDown?
    var saidProbeAtFault = false
    var saidStaleHealth = false

    init(_ id: ServiceID, isProbed: Bool) {
        self.id = id
        self.isProbed = isProbed
    }

    /// Whether fresh facts are needed soon: it is bad, suspect, or not proven yet.
    var isVigilant: Bool {
        self.incident != nil || self.probes.failures > 0 || self.stoppedSince != nil || self.isOutdated
            || self.failsChecks
    }
}

// MARK: Taking facts in

extension ServiceState {
    /// - Returns: whether this is a new run of a process that we knew before.
    mutating func observe(_ container: Container?, asOf asked: Moment, at now: Moment, _ policy: Policy) -> Bool {
        self.firstSeen = self.firstSeen ?? now
        if let newest = [self.lastNews, self.observed].compactMap(\.self).max(), asked < newest { return false }
        let old = self.container
        let before = self.observed
        let isFirstLook = before == nil
        self.container = container
        self.observed = asked
        self.isOutdated = false
        guard let container else {
            // Its stop looked like a person's, who does not take it away as well.
            if let action = self.action, action.isOrphaned, action.kind.replacesContainer { self.isBroughtDown = true }
            self.forgetRun()
            return false
        }
        var isNewRun = false
        if container.run != old?.run {
            self.forgetRun()
            self.runSeen = now
            self.isStartAstray = container.started > asked
            if let earliest = self.earliestStart(of: container.run, after: old?.run, seen: before) {
                self.container?.started = max(container.started, earliest)
            }
            isNewRun = old != nil
        }
        // Somebody tried to start it since.
        if let old, old.startError == nil, container.startError != nil { self.isWanted = true }
        self.catchUp(with: container, asOf: asked, policy)
        if container.health?.status == .healthy { self.wasHealthy = true }
        if let verdict = container.health?.lastCheck?.verdict, verdict == .passed || verdict == .failed {
            self.saidProbeAtFault = false
        }
        if let old, old.run == container.run {
            // Told anew with an engine clock that was set meanwhile, it would be another time.
            self.container?.started = old.started
            self.container?.health?.lastCheck = container.health?.check(after: old.health, seen: before)
        }
        let streak = container.health?.failingStreak ?? 0
        let wasAiling = self.isAiling
        self.failsChecks = container.state == .running && (streak > 0 || container.health?.status == .unhealthy)
        // What is told of its last illness says nothing of this one.
        if self.failsChecks, !wasAiling { self.effort.beginAnew() }
        // A shorter row than the last look showed is another one: a check has passed between them.
        if let before = old?.health?.failingStreak, streak < before { self.checksLateSince = nil }
        let isLate = self.failsChecks && container.health?.lastCheck?.verdict == .timedOut
        self.checksLateSince = isLate ? self.checksLateSince ?? now : nil
        self.take(
            container.state, asOf: asked, wasPaused: old?.state == .paused, isFirstLook: isFirstLook, at: now, policy)
        if let early = self.earlyCondition { self.add(early.condition, run: early.run, at: now) }
        self.earlyCondition = nil
        return isNewRun && container.state == .running
    }

    private mutating func take(
        _ state: Container.State, asOf asked: Moment, wasPaused: Bool, isFirstLook: Bool, at now: Moment,
        _ policy: Policy
    ) {
        // What has ended before it began, by a clock that was set back, tells nothing.
        if let container = self.container, state != .created, state == .running || container.started < asked {
            self.stops.started(at: container.started)
        }
        switch state {
        case .running, .paused:
            self.goneSince = nil
            // It began after the end that was heard of, whatever a clock that was set says.
            if !self.isOutdated, let died = self.stops.died { self.stops.started(at: died) }
        case .created, .restarting, .removing, .exited, .dead:
            self.goneSince = self.goneSince ?? now
            self.condition = ProcessCondition()
        }
        switch state {
        case .running, .restarting:
            self.isWanted = true
            if wasPaused { self.excuse(until: now) }
            if self.action == nil, self.container?.run != self.endedRun { self.isBroughtDown = false }
        case .paused:
            self.isWanted = true
            self.excuse(until: now)
        case .exited, .dead:
            // The stop that was going on is done, though its last event was lost, or nobody was there to hear it.
            let patience = self.stopPatience(policy)
            if self.isBeingStopped(at: now, policy) { self.stops.stopped(at: now, patience: patience) }
            if isFirstLook, let asked = self.stops.asked { self.stops.stopped(at: asked, patience: patience) }
        case .created, .removing:
            break
        }
    }

    /// When a run at the earliest began that the look before did not show. By a clock that was set forward since, it seems
    /// to be older.
    private func earliestStart(
        of run: Container.Run, after old: Container.Run?, seen before: Moment?
    ) -> Moment? {
        guard let before else { return nil }
        let isSameContainer = run.container == old?.container
        // Another container may have run elsewhere before, unless it is the one that we made.
        let isOurs = isSameContainer ? old == self.endedRun : self.lastKind?.replacesContainer == true
        return [isSameContainer ? before : nil, isOurs ? self.lastAttempt : nil].compactMap(\.self).max()
    }

    private mutating func forgetRun() {
        self.probes = ProbeHistory()
        self.blamedOthers = nil
        self.blamesOthersSince = nil
        self.failuresBlamed = 0
        self.failingItselfSince = nil
        self.condition = ProcessCondition()
        self.effort = Effort()
        self.failsChecks = false
        self.checksLateSince = nil
        self.isExamined = false
        self.wasHealthy = false
        self.stoppedSince = nil
    }

    mutating func add(_ probe: ProbeResult, dependencies: [String]) {
        guard let container = self.container, container.run == probe.run, container.state == .running else { return }
        if probe.outcome != .passed, self.isExcused(probe.began) { return }
        let before = self.probes.failures
        self.probes.add(probe)
        let isBlaming = self.blamed(dependencies) != nil
        self.blamesOthersSince = isBlaming ? self.blamesOthersSince ?? probe.began : nil
        if isBlaming {
            self.blamedOthers = probe.began
            self.failuresBlamed = self.probes.failures
            self.failingItselfSince = nil
        } else if self.probes.failures < self.failuresBlamed {
            self.failuresBlamed = 0
            self.failingItselfSince = nil
        } else if self.probes.failures > before {
            self.failingItselfSince = self.failingItselfSince ?? probe.began
        }
        // Docker's checks may have failed for longer, in which it did what it always does.
        if before == 0, self.probes.failures == 1 { self.effort.beginAnew() }
        // One slow answer is no relapse, and what starves is not the one that comes and goes.
        let isOthers = self.blamedOthers == probe.began
        if before < 2, self.probes.failures == 2, self.probes.hasPassed, self.starvedAt == nil, !isOthers {
            // More than anybody counts: short dips go on for years.
            if self.relapses.count == 100 { self.relapses.removeFirst() }
            self.relapses.append(probe.began)
        }
    }

    /// When trouble ended nobody saw who looks for the first time afterwards: it counts up to then.
    mutating func noteTrouble(_ isTroubled: Bool, at now: Moment) {
        if isTroubled || self.isTroubled { self.troubledUntil = now }
        self.isTroubled = isTroubled
    }

    /// When what speaks against it began: the first of the probes in a row that failed, or of Docker's checks, or its end.
    var badSince: Moment? {
        if let failing = self.probes.failingSince { return failing }
        guard let health = self.container?.health, let check = health.lastCheck, self.container?.state == .running
        else {
            return self.goneSince
        }
        return check.began - health.interval * max(0, (health.failingStreak ?? health.retries) - 1)
    }

    /// Whether its health comes and goes.
    func isFlapping(at now: Moment, _ policy: Policy) -> Bool {
        self.probes.hasPassed && self.relapses.count { now - $0 <= policy.flappingTime } >= policy.flappingRelapses
    }

    /// Whether it is slow for want of a processor, and makes progress.
    func isStarved(at now: Moment, _ policy: Policy) -> Bool {
        self.starvedAt.map { now - $0 <= policy.starvedTime } ?? false
    }

    /// Whether it still starves, as far as the latest seconds tell: a machine that was busy for a moment excuses no row of
    /// failures that goes on.
    func isStarvedStill(at now: Moment, _ policy: Policy) -> Bool {
        self.isStarved(at: now, policy) && (self.effort.kind ?? .starved) == .starved
    }

    /// Whether anything speaks against the present run, so that what it does with the processor matters.
    private var isAiling: Bool { self.probes.failures > 0 || self.failsChecks }

    /// What was bad up to now is not the service's doing, and what was good may be so no more. That it once answered is
    /// kept.
    mutating func excuse(until now: Moment) {
        self.excusedUntil = now
        self.probes.forgive()
        self.effort = Effort()
        self.checksLateSince = nil
        self.relapses = []
        self.stoppedSince = nil
    }

    func isExcused(_ sign: Moment) -> Bool {
        self.excusedUntil.map { sign <= $0 } ?? false
    }

    mutating func add(_ condition: ProcessCondition, run: Container.Run, at now: Moment) {
        guard self.container?.run == run, self.container?.state == .running else {
            self.earlyCondition = EarlyCondition(condition: condition, run: run)
            return
        }
        if condition.isTraced || self.condition.isTraced { self.excuse(until: now) }
        self.condition = condition
        self.isExamined = true
        if let activity = condition.activity {
            // What it does while it waits for others says nothing of itself.
            let isWaiting = self.blamedOthers != nil && self.blamedOthers == self.probes.lastFailed
            self.effort.add(activity, at: now, isFailing: self.isAiling && !isWaiting)
            if self.effort.kind == .starved { self.starvedAt = now }
        }
        let isStopped = condition.isStopped && !condition.isTraced
        self.stoppedSince = isStopped ? self.stoppedSince ?? now : nil
    }

    /// What was seen is not so any more; the next look will tell.
    mutating func outdate(at now: Moment) {
        self.isOutdated = true
        self.lastNews = now
    }

    /// Whether a stop that somebody else asked for can still be going on.
    func isBeingStopped(at now: Moment, _ policy: Policy) -> Bool {
        self.stops.isStopping(at: now, patience: self.stopPatience(policy))
    }

    func stopPatience(_ policy: Policy) -> Duration {
        (self.container?.stopGrace ?? .zero) + policy.stopPatience
    }

    mutating func actionEnded(_ outcome: ActionOutcome, at now: Moment) {
        guard let action = self.action else { return }
        self.action = nil
        // Whose run it is that began after an orphan did, nobody knows: it gets the grace of somebody else's.
        self.lastActionEnded = action.isOrphaned ? action.began : now
        // Whether the one before began its action at all, nobody knows.
        self.ownDoing = action.isOrphaned ? nil : action.began...max(action.began, now)
        if action.isPreparing {
            self.endedRun = nil
            self.isBroughtDown = false
        }
        switch outcome {
        case .succeeded: self.succeeded()
        case .yielded: self.heedStop(isWish: self.stops.stopped(at: now, patience: .zero))
        case .failed: break
        }
        self.outdate(at: now)
        // A refused restart may have ended the run or not; only a success is sure to have.
        if outcome == .succeeded, case .restart = action.kind {} else { self.endedRun = nil }
    }

    /// What an action of ours that was carried out has changed.
    mutating func succeeded() {
        self.isBroughtDown = false
        // It has joined the network that there is now.
        self.incident?.saidKinds.remove(.detached)
    }
}
