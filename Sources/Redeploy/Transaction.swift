/// A deploy as a value: takes in what happened, says what comes next. No I/O, no clock.
///
/// It walks down a list of acts. An act that fails, or was interrupted, turns it around: what was changed is put back in
/// the opposite order. ``Act/commit`` is the point of no return: after it the rest is only ever finished.
public struct Transaction: Sendable {
    /// Where it is in its life.
    public enum Phase: Hashable, Sendable {
        /// Going through the acts of the plan. Can become `committed`, `undoing` or `ended`.
        case forward
        /// Past the point of no return, clearing up. Can become `ended`.
        case committed
        /// Putting back. Can become `ended`.
        case undoing
        case ended(DeployOutcome)
    }

    public private(set) var phase = Phase.forward
    public private(set) var header: DeployHeader?
    public private(set) var units: [DeployUnit] = []
    /// What the built images' names stood for before.
    public private(set) var tags: [String: String] = [:]
    /// At which step it failed, and why; nil while it has not.
    public private(set) var failure: (step: String, reason: String)?

    private var migrations: [String] = []
    private var isPlanned = false
    private var done: Set<Act> = []
    private var started: [Act] = []
    private var standingAtFailure: DeployUnit.Standing?
    /// What could not be undone.
    private var undoFailure: String?
    /// What could not be cleared up, or brought up besides, after the point of no return.
    private var unsettled: [String] = []

    public init() {}

    /// Takes up an earlier deploy where its journal ends.
    public init(folding events: some Sequence<DeployEvent>) {
        for event in events { self.apply(event) }
    }

    /// The act to be done now; nil when there is none any more. Whoever does it says `started` before and `done` or
    /// `failed` after it.
    public var next: Act? {
        if case .ended = self.phase { return nil }
        return self.program.first { !self.done.contains($0) }
    }

    /// Whether a container of this project's services was stopped, started or renamed.
    public var hasTouched: Bool { self.started.contains { $0.touched != nil } }

    /// How it ended, or ends when there is nothing left to do.
    public var outcome: DeployOutcome {
        switch self.phase {
        case .ended(let outcome): outcome
        case .forward, .committed: self.units.isEmpty ? .nothingToDo : .deployed
        case .undoing where self.undoFailure != nil || self.isKept: .rollbackFailed
        case .undoing where !self.hasTouched: self.isStillIll ? .rollbackFailed : .failedUntouched
        case .undoing: .rolledBack
        }
    }

    /// Why it ended so, and what is left to do; empty when all went well.
    public var reason: String {
        var parts = self.failure.map { ["step \($0.step): \($0.reason)"] } ?? []
        parts += self.unsettled
        if let undoFailure { parts.append(undoFailure) }
        if self.phase == .undoing, self.isKept { parts.append(self.whyKept) }
        if self.phase == .undoing, self.isStillIll { parts.append("what runs is ill too, and stays") }
        return parts.joined(separator: "; ")
    }

    // MARK: Taking in

    public mutating func apply(_ event: DeployEvent) {
        switch event {
        case .began(let header): self.header = header
        case .started(let act): if self.started.last != act { self.started.append(act) }
        case .pinned(let tags): self.tags = tags
        case .planned(let units, let migrations):
            self.units = units
            self.migrations = migrations
            self.isPlanned = true
        case .done(let act):
            self.done.insert(act)
            if act == .commit { self.phase = .committed }
        case .failed(let act, let reason, let standing): self.fail(act, reason, standing)
        case .stopped: break
        case .ended(let outcome, _): self.phase = .ended(outcome)
        }
    }

    /// Takes in that whoever carried it out ended in the middle.
    ///
    /// - Returns: the event to be written: before the point of no return it turns around.
    public func interruption() -> DeployEvent? {
        guard self.phase == .forward else { return nil }
        return .failed(self.next ?? .pin, reason: "it was interrupted", standing: nil)
    }

    private mutating func fail(_ act: Act, _ reason: String, _ standing: DeployUnit.Standing?) {
        switch self.phase {
        case .forward:
            self.failure = (act.step, reason)
            self.standingAtFailure = standing
            self.phase = .undoing
        case .undoing:
            // The rest is put back all the same.
            self.done.insert(act)
            self.undoFailure = [self.undoFailure, reason].compactMap { $0 }.joined(separator: "; ")
        // What was left standing is found and removed by the next deploy.
        case .committed:
            self.done.insert(act)
            self.unsettled.append(reason)
        case .ended: break
        }
    }

    // MARK: The lists of acts

    private var program: [Act] {
        switch self.phase {
        case .forward: self.way
        case .committed:
            self.units.indices.filter { self.units[$0].isRetired }.map { .discard($0) }
                + (self.units.isEmpty ? [] : [.settle])
        case .undoing: self.wayBack
        case .ended: []
        }
    }

    private var way: [Act] {
        guard self.isPlanned else { return [.pin, .build] }
        guard !self.units.isEmpty else { return [.pin, .build, .show, .verify] }
        var acts: [Act] = [.pin, .build]
        // What Compose makes by itself goes first: beside the new ones it would take an old one for one too many.
        acts += (self.indices(.create) + self.indices(.replace)).map { .prepare($0) }
        acts += self.migrations.map { .migrate($0) }
        acts += self.units.indices.filter { self.units[$0].isRehearsed }.map { .rehearse($0) }
        for (index, unit) in self.units.enumerated() {
            switch (unit.change, unit.order) {
            case (.create, _), (.start, _): acts += [.launch(index), .gate(index)]
            case (.remove, _): acts.append(.retire(index))
            case (.replace, .startFirst): acts += [.bring(index), .gate(index), .retire(index)]
            case (.replace, .stopFirst): acts += [.retire(index), .gate(index)]
            }
        }
        acts += [.show, .verify]
        if !self.indices(.replace).isEmpty { acts.append(.probation) }
        return acts + [.reread, .commit]
    }

    private var wayBack: [Act] {
        let begun = Set(self.started.compactMap(\.unit))
        if self.isKept {
            // What only stands beside a container that still serves would be in the next deploy's way.
            let touched = Set(self.started.compactMap(\.touched))
            let beside = self.units.indices.filter {
                begun.contains($0) && !touched.contains($0) && self.units[$0].isRetired
            }
            return beside.reversed().map { .undo($0) } + (self.tags.isEmpty ? [] : [.restoreTags])
        }
        let back = self.units.indices.filter { begun.contains($0) && self.units[$0].change != .start }
        var acts = back.reversed().map { Act.undo($0) }
        if !self.tags.isEmpty { acts.append(.restoreTags) }
        return self.hasTouched ? acts + [.rereadOld] : acts
    }

    func indices(_ change: DeployUnit.Change) -> [Int] {
        self.units.indices.filter { self.units[$0].change == change }
    }

    // MARK: When there is no going back

    /// A rollback that was to mend something, and found no better version to go to.
    private var isStillIll: Bool {
        guard case .rollback = self.header?.kind, !self.hasTouched else { return false }
        return self.units.contains { $0.change == .replace && ($0.old?.standing ?? .gone) < .running }
    }

    /// Going back would lead to nothing, or to something worse than what failed.
    var isKept: Bool { self.hasTouched && !self.whyKept.isEmpty }

    /// Whether anything is there that an earlier deploy made, apart from what is only started.
    private var hasEarlier: Bool {
        let made = self.units.filter { $0.change == .create }
        // The first container of a service is number 1, so without that one others are there.
        let hasReplica = made.contains { unit in !made.contains { $0.service == unit.service && $0.number == 1 } }
        return hasReplica || self.units.contains(where: \.isRetired)
    }

    private var whyKept: String {
        guard self.hasEarlier else {
            return "there is nothing to roll back to: no container of an earlier deploy was replaced"
        }
        let replaced = self.started.compactMap(\.touched).map { self.units[$0] }.filter { $0.change == .replace }
        guard let worst = replaced.compactMap(\.old?.standing).min(), let now = self.standingAtFailure, worst < now
        else { return "" }
        return "what ran before was no better, so what is there now stays"
    }
}
