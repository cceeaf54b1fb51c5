/// Whether a process that ended was asked to, told by the engine's events.
///
/// Only the events' own times count: one that is doubled, late or out of order changes nothing.
struct Stops: Hashable {
    /// The first and the last signal of the latest stop that somebody else asked for: a kill after the grace is one more,
    /// and so is one that is told again as of another time, by a clock that was set.
    private var signals: ClosedRange<Moment>?
    /// A time in which such signals were nobody's wish.
    private var void: ClosedRange<Moment>?
    /// When the process last ended.
    private(set) var died: Moment?
    /// When the latest run began.
    private(set) var started: Moment?
    /// Ends that nobody asked for, the recent ones.
    private(set) var crashes: [Moment] = []

    /// When somebody else last sent a signal that stops.
    var asked: Moment? { self.signals?.upperBound }
    /// When the first signal of that stop was sent.
    var askedFirst: Moment? { self.signals?.lowerBound }

    /// Whether the process ended because somebody asked it to, and no run began since.
    ///
    /// - Parameter patience: how long a stop may take; one that took longer was not the signal's doing.
    func isStopped(patience: Duration) -> Bool {
        guard let died = self.died, died > self.started ?? died - .seconds(1) else { return false }
        return self.wasAsked(for: died, patience: patience)
    }

    /// Whether a stop that somebody asked for can still be going on.
    func isStopping(at now: Moment, patience: Duration) -> Bool {
        guard let asked = self.asked, now - asked <= patience else { return false }
        return asked > self.started ?? asked - .seconds(1) && asked > self.died ?? asked - .seconds(1)
    }

    private func wasAsked(for death: Moment, patience: Duration) -> Bool {
        [self.asked, self.askedFirst].compactMap(\.self).contains { asked in
            guard asked <= death, death - asked <= patience else { return false }
            guard let started = self.started, started <= death else { return true }
            return asked > started
        }
    }

    /// Whether two signals are of one stop: no run began between them, and the first was not ignored for long.
    private func areOneStop(_ one: Moment, _ other: Moment, patience: Duration) -> Bool {
        let (first, last) = (min(one, other), max(one, other))
        if let started = self.started, first <= started, started < last { return false }
        if let died = self.died, first <= died, died - first <= patience { return true }
        return last - first <= patience
    }

    /// - Returns: whether it was somebody's wish.
    @discardableResult
    mutating func signalled(at time: Moment, patience: Duration) -> Bool {
        if let void = self.void, void.contains(time) { return false }
        if let signals = self.signals, self.areOneStop(signals.lowerBound, time, patience: patience) {
            self.signals = min(signals.lowerBound, time)...max(signals.upperBound, time)
        } else if time > self.asked ?? time - .seconds(1) {
            self.signals = time...time
        }
        self.crashes = self.crashes.filter { !self.wasAsked(for: $0, patience: patience) }
        return true
    }

    /// A stop through the engine is done; its signal may never have been needed.
    ///
    /// - Returns: whether it was somebody's wish.
    @discardableResult
    mutating func stopped(at time: Moment, patience: Duration) -> Bool {
        self.died = max(self.died ?? time, time)
        return self.signalled(at: time, patience: patience)
    }

    /// - Returns: whether this is news of an end that nobody asked for.
    mutating func died(at time: Moment, patience: Duration) -> Bool {
        if let died = self.died, time <= died { return false }
        self.died = time
        if let started = self.started, time < started { return false }
        if self.wasAsked(for: time, patience: patience) { return false }
        self.crashes.append(time)
        return true
    }

    mutating func started(at time: Moment) {
        self.started = max(self.started ?? time, time)
    }

    /// What was asked for in this time was no person's wish, also what is heard of it later.
    ///
    /// - Returns: whether a stop or an end was that is known.
    @discardableResult
    mutating func withdraw(from start: Moment, to end: Moment) -> Bool {
        let void = start...max(start, end)
        self.void = void
        // Whoever asked before that, asked.
        guard let first = self.askedFirst, void.contains(first) else { return self.died.map(void.contains) ?? false }
        self.signals = nil
        return true
    }

    mutating func forgetCrashes(before time: Moment? = nil) {
        self.crashes.removeAll { crash in time.map { crash < $0 } ?? true }
    }
}
