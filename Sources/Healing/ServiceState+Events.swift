/// An event of a container that no look has shown yet.
struct EarlyEvent: Hashable {
    let event: ContainerEvent
    let time: Moment
    let heard: Moment
    /// How many are kept: more than the engine tells of one container within a look.
    static let countMax = 32
}

/// What the engine's events tell.
extension ServiceState {
    /// - Returns: whether the process ended though nobody asked for it.
    mutating func add(_ event: ContainerEvent, at time: Moment, heard now: Moment, _ policy: Policy) -> Bool {
        if self.isOwnDoing(at: time) { return false }
        guard event.container == self.container?.run.container || event.isStart else {
            self.early.append(EarlyEvent(event: event, time: time, heard: now))
            if self.early.count > EarlyEvent.countMax { self.early.removeFirst() }
            return false
        }
        let before = self.stops
        let isCrash = self.take(event, at: time, policy)
        // After a signal it still runs, as far as that goes: no need to look.
        if case .killed = event { return false }
        if self.stops != before { self.outdate(at: now) }
        return isCrash
    }

    /// Takes in what was heard of the container before it was first looked at: a person's stop, at worst.
    mutating func catchUp(with container: Container, asOf asked: Moment, _ policy: Policy) {
        guard !self.early.isEmpty else { return }
        let its = self.early.filter { $0.event.container == container.run.container }
        self.early.removeAll { $0.event.container == container.run.container || $0.heard <= asked }
        for early in its.sorted(by: { $0.time < $1.time }) where !self.isOwnDoing(at: early.time) {
            let before = self.stops
            _ = self.take(early.event, at: early.time, policy)
            if self.stops != before, early.heard > asked { self.outdate(at: early.heard) }
        }
    }

    private mutating func take(_ event: ContainerEvent, at time: Moment, _ policy: Policy) -> Bool {
        let patience = self.stopPatience(policy)
        switch event {
        case .ranOutOfMemory: self.outOfMemory = time
        case .killed(_, let stops):
            if stops { self.heedStop(isWish: self.stops.signalled(at: time, patience: patience)) }
        case .stopped:
            self.heedStop(isWish: self.stops.stopped(at: time, patience: patience))
        case .started:
            self.stops.started(at: time)
            self.isWanted = true
        case .died:
            self.stops.forgetCrashes(before: time - policy.crashLoopTime)
            return self.stops.died(at: time, patience: patience)
        }
        return false
    }

    /// What was stopped and was nobody's wish ran until then, and is wanted.
    mutating func heedStop(isWish: Bool) {
        if isWish { self.isBroughtDown = false } else { self.shutDown() }
    }

    /// The engine has ended its run: it is wanted.
    mutating func shutDown() {
        self.isWanted = true
        if self.container?.state != .running { self.shutDownRun = self.container?.run }
    }

    /// The event's time is by the engine's clock, the action's by ours, and both are the machine's: they are translated a
    /// few milliseconds apart when it is busy. A longer time would take a person's stop for ours.
    private func isOwnDoing(at time: Moment) -> Bool {
        let skew = Duration.milliseconds(50)
        // Whether the one before began its action at all, nobody knows.
        if let action = self.action, !action.isOrphaned, !action.isPreparing, time >= action.began - skew {
            return true
        }
        return [self.ownDoing, self.orphansDoing].compactMap(\.self).contains { own in
            time >= own.lowerBound - skew && time <= own.upperBound + skew
        }
    }

    /// The time in which what happened may be the doing of the watchdog before, that was killed in the middle of an action:
    /// up to the run that it began, or to our first look. What that one may have stopped we bring back.
    private var orphansDoing: ClosedRange<Moment>? {
        guard let began = self.orphanBegan, let seen = self.firstSeen, let container = self.container else {
            return nil
        }
        return began...(container.started >= began ? container.started : max(began, seen))
    }
}
