/// Whether a process that ended was asked to, told by the engine's events.
///
/// Only the events' own times count: one that is doubled, late or out of order changes nothing.
struct Stops: Hashable {
    private struct Obedience: Hashable {
        let asked: Moment
        let died: Moment
    }

    /// When somebody else last sent a signal that stops.
    private(set) var asked: Moment?
    /// The latest end that was asked for, and the signal: a later one is no reason to forget it.
    private var obeyed: Obedience?
    /// A time in which such signals were nobody's wish.
    private var void: ClosedRange<Moment>?
    /// When the process last ended.
    private(set) var died: Moment?
    /// When the latest run began.
    private(set) var started: Moment?
    /// Ends that nobody asked for, the recent ones.
    private(set) var crashes: [Moment] = []

    /// Whether the process ended because somebody asked it to, and no run began since.
    ///
    /// - Parameter patience: how long a stop may take; one that took longer was not the signal's doing.
    func isStopped(patience: Duration) -> Bool {
        guard let died = self.died, died > self.started ?? died - .seconds(1) else { return false }
        return self.obeyed?.died == died || self.wasAsked(for: died, patience: patience)
    }

    /// Whether a stop that somebody asked for can still be going on.
    func isStopping(at now: Moment, patience: Duration) -> Bool {
        guard let asked = self.asked, now - asked <= patience else { return false }
        return asked > self.started ?? asked - .seconds(1) && asked > self.died ?? asked - .seconds(1)
    }

    private func wasAsked(for death: Moment, patience: Duration) -> Bool {
        guard let asked = self.asked, asked <= death, death - asked <= patience else { return false }
        guard let started = self.started, started <= death else { return true }
        return asked > started
    }

    /// - Returns: whether it was somebody's wish.
    @discardableResult
    mutating func signalled(at time: Moment, patience: Duration) -> Bool {
        if let void = self.void, void.contains(time) { return false }
        if let asked = self.asked, let died = self.died, self.wasAsked(for: died, patience: patience) {
            self.obeyed = Obedience(asked: asked, died: died)
        }
        self.asked = max(self.asked ?? time, time)
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
    mutating func withdraw(from start: Moment, to end: Moment) {
        self.void = start...max(start, end)
        if let asked = self.asked, start <= asked, asked <= end { self.asked = nil }
        if let obeyed = self.obeyed, start <= obeyed.asked, obeyed.asked <= end { self.obeyed = nil }
    }

    mutating func forgetCrashes(before time: Moment? = nil) {
        self.crashes.removeAll { crash in time.map { crash < $0 } ?? true }
    }
}
