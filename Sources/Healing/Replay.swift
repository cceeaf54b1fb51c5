/// What a policy does with a recorded incident.
///
/// The world of the record answers as it did, moved in time: until the policy acts it is as it was; from an action on it is
/// as it was after the record's action on that service. What acts later than the record did finds the world as it last
/// was. So the figures hold as far as an action helps as well sooner or later; whether the service would have come back
/// without one, no record can tell. Where the record ends before the service serves again, so does the replay.
public struct Replay: Sendable {
    /// The first bad sign of the incident.
    public private(set) var began: Moment
    /// When its service was found bad, served again for good, and was proved healed; nil where that did not happen.
    public private(set) var detected: Moment?
    public private(set) var recovered: Moment?
    public private(set) var healed: Moment?
    /// What it did to the service of the incident.
    public private(set) var actions: [(action: Action, at: Moment)] = []
    /// Where the record could not tell what would have happened, in words; nil where it could all the way.
    public private(set) var caveat: String?
    /// Whether it acted where the record does not show what that leads to, so that the rest of it is not known.
    public private(set) var isLost = false

    /// How long the world may be held as it was.
    private static let holdMax = Duration.seconds(600)
    private static let repeatsMax = 50

    private let log: FactLog
    private let past: Past
    private var state: HealingState
    private var now: Moment
    private let segments: [Segment]
    /// How recorded moments have become moments of the replay, oldest first.
    private var pieces: [Piece] = []
    /// Actions decided in one step with another one, that the record has yet to show.
    private var pending: [ServiceID] = []
    /// What the record last said on each matter.
    private var lastWords: [Fact] = []
    private var repeats = 0
    /// Whether the incident was taken out of its hands.
    private var hasStoodDown = false

    /// A stretch of the record that begins with an action, all but the first.
    private struct Segment {
        let acted: ServiceID?
        let began: Moment
        var facts: [(Fact, at: Moment)] = []
        /// The runs seen before it.
        let runsBefore: Set<Container.Run>
    }

    /// What the journal says of the incident and of the time before it.
    private struct Past {
        /// How much of the time before an incident belongs to its replay.
        private static let length = Duration.seconds(60)

        /// From when on it is replayed: not from an earlier incident of the service on. Nil where the journal says nothing.
        private(set) var begin: Moment?
        /// Whether the last action, and what came after it, made the service serve again.
        private(set) var isServedAgain = false

        init(of header: FactLog.Header, in records: [(Record, at: Moment)]) {
            var earlier: Moment?
            for (record, moment) in records where record.service == header.service {
                switch record.event {
                case .detected where record.incident == header.incident:
                    self.begin = self.begin ?? max(earlier ?? moment - Past.length, moment - Past.length)
                    self.isServedAgain = false
                case .acted where record.incident == header.incident: self.isServedAgain = false
                case .recovered where record.incident == header.incident: self.isServedAgain = true
                case .healed, .standDown:
                    // The journal's times are cut to the millisecond, the log's are not.
                    earlier = moment + .milliseconds(1)
                default: break
                }
            }
        }
    }

    private struct Piece {
        let from: Moment
        let shift: Duration
        var begins: Moment { self.from + self.shift }
    }

    /// - Parameter records: the journal's. What it says of the time before the incident is restored.
    public init(_ log: FactLog, in records: [(Record, at: Moment)], policy: Policy) {
        self.log = log
        self.past = Past(of: log.header, in: records)
        self.state = HealingState(
            policy: policy, dependencies: log.header.dependencies, probed: log.header.probed,
            relations: log.header.relations)
        let begin = self.past.begin ?? log.entries.first?.moment ?? Moment(.zero)
        self.segments = Replay.segments(of: log.entries, from: begin)
        self.now = begin
        self.began = begin
        self.state.restore(records.filter { $0.at < begin })
        self.play()
    }

    /// - Parameter begin: of what was before, the last word on each matter is said then.
    private static func segments(of entries: [FactLog.Entry], from begin: Moment) -> [Segment] {
        var runs: Set<Container.Run> = []
        var segments = [Segment(acted: nil, began: begin, runsBefore: [])]
        var memory = FactMemory()
        for entry in entries where entry.moment < begin { memory.add(entry) }
        for entry in memory.entries(since: begin) + entries.filter({ $0.moment >= begin }) {
            switch entry {
            case .acted(let id, _, let moment):
                segments.append(Segment(acted: id, began: moment, runsBefore: runs))
            case .fact(let fact, let moment):
                if case .observed(_, let containers, _) = fact { runs.formUnion(containers.values.map(\.run)) }
                segments[segments.count - 1].facts.append((fact, at: max(moment, begin)))
            }
        }
        return segments
    }

    // MARK: Playing

    private enum Turn {
        case acted(ServiceID)
        case exhausted
        case over
    }

    private mutating func play() {
        var index = 0
        self.pieces.append(Piece(from: self.segments[0].began, shift: .zero))
        while true {
            var turn = self.play(self.segments[index])
            if case .exhausted = turn, index + 1 < self.segments.count, let next = self.segments[index + 1].acted,
                let place = self.pending.firstIndex(of: next)
            {
                self.pending.remove(at: place)
                self.pieces.append(Piece(from: self.segments[index + 1].began, shift: self.pieces.last?.shift ?? .zero))
                index += 1
                continue
            }
            if case .exhausted = turn {
                guard index + 1 < self.segments.count || self.recovered != nil else {
                    self.caveat = "the record ends before \(self.log.header.service) serves again"
                    return
                }
                turn = self.hold()
            }
            guard case .acted(let id) = turn else { return }
            guard let next = self.segment(after: index, for: id) else { return }
            self.repeats += next == index ? 1 : 0
            index = next
            self.pieces.append(Piece(from: self.segments[index].began, shift: self.now - self.segments[index].began))
        }
    }

    /// The segment that shows what an action on `id` leads to.
    private mutating func segment(after index: Int, for id: ServiceID) -> Int? {
        if index + 1 < self.segments.count {
            if self.segments[index + 1].acted == id { return index + 1 }
            self.isLost = true
            self.caveat =
                "it acts on \(id), and the record on \(self.segments[index + 1].acted?.description ?? "nothing")"
        } else if self.segments[index].acted == id, self.past.isServedAgain, self.repeats < Replay.repeatsMax {
            // Once more: what helped then does so again.
            return index
        } else {
            self.isLost = true
            self.caveat = "it acts on \(id), and the record holds no action that shows what that leads to"
        }
        return nil
    }

    private mutating func play(_ segment: Segment) -> Turn {
        for (fact, moment) in segment.facts {
            let fact = self.moved(fact, runsBefore: segment.runsBefore)
            if let turn = self.wait(until: max(self.now, self.moved(moment))) { return turn }
            self.remember(fact)
            if let turn = self.step(fact) { return turn }
        }
        return .exhausted
    }

    /// Lets the world stay as it was, until the policy acts or the incident is over.
    private mutating func hold() -> Turn {
        let end = self.now + Replay.holdMax
        while self.now < end {
            if self.healed != nil || self.hasStoodDown { return .over }
            if let turn = self.wait(until: self.now + .seconds(1)) { return turn }
            for fact in self.lastWords {
                if let turn = self.step(self.renewed(fact)) { return turn }
            }
        }
        if self.healed == nil {
            self.caveat = "it did nothing more in \(Replay.holdMax.seconds) after the record's end"
        }
        return .over
    }

    private mutating func wait(until end: Moment) -> Turn? {
        while let tick = self.state.nextTick, tick > self.now, tick <= end {
            self.now = tick
            if let turn = self.step(.tick) { return turn }
        }
        self.now = end
        return nil
    }

    private mutating func step(_ fact: Fact) -> Turn? {
        var acted: [ServiceID] = []
        for decision in self.state.step(fact, at: self.now) {
            switch decision {
            case .act(let id, let action):
                if id == self.log.header.service { self.actions.append((action, at: self.now)) }
                acted.append(id)
            case .record(let record) where record.service == self.log.header.service: self.note(record.event)
            case .record: break
            }
        }
        self.pending += acted.dropFirst()
        return acted.first.map { .acted($0) }
    }

    private mutating func note(_ event: Record.Event) {
        switch event {
        case .detected:
            if self.detected == nil {
                self.detected = self.now
                self.began = self.state.services[self.log.header.service]?.incident?.began ?? self.now
            }
            self.recovered = nil
        case .acted: self.recovered = nil
        case .recovered: self.recovered = self.now
        case .healed: self.healed = self.healed ?? self.now
        case .standDown: self.hasStoodDown = true
        default: break
        }
    }

    private mutating func remember(_ fact: Fact) {
        switch fact {
        case .observed, .probed, .examined: break
        default: return
        }
        self.lastWords.removeAll { FactMemory.Matter($0) == FactMemory.Matter(fact) }
        self.lastWords.append(fact)
    }

    // MARK: Moving in time

    /// The same said again now.
    private func renewed(_ fact: Fact) -> Fact {
        switch fact {
        case .observed(let service, let containers, _):
            return .observed(
                service: service,
                containers: containers.mapValues { container in
                    var container = container
                    // Docker goes on checking.
                    if let health = container.health, let check = health.lastCheck {
                        let behind = (self.now - check.began) / health.interval
                        container.health?.lastCheck?.began = check.began + health.interval * max(0, Int(behind))
                    }
                    return container
                }, asOf: self.now)
        case .probed(let id, var probe):
            probe.began = self.now
            return .probed(id, probe)
        default: return fact
        }
    }

    private func moved(_ moment: Moment) -> Moment {
        guard let place = self.pieces.lastIndex(where: { $0.from <= moment }) else { return moment }
        let moved = moment + self.pieces[place].shift
        return place + 1 < self.pieces.count ? min(moved, self.pieces[place + 1].begins) : moved
    }

    private func moved(_ run: Container.Run, _ runsBefore: Set<Container.Run>) -> Container.Run {
        guard self.repeats > 0, !runsBefore.contains(run) else { return run }
        return Container.Run(container: run.container, started: "\(run.started) again \(self.repeats)")
    }

    private func moved(_ fact: Fact, runsBefore: Set<Container.Run>) -> Fact {
        switch fact {
        case .observed(let service, let containers, let asked):
            return .observed(
                service: service,
                containers: containers.mapValues { container in
                    var container = container
                    container.run = self.moved(container.run, runsBefore)
                    container.started = self.moved(container.started)
                    if let check = container.health?.lastCheck {
                        container.health?.lastCheck?.began = self.moved(check.began)
                    }
                    return container
                }, asOf: asked.map { self.moved($0) })
        case .happened(let id, let event, let time): return .happened(id, event, at: self.moved(time))
        case .probed(let id, var probe):
            probe.run = self.moved(probe.run, runsBefore)
            probe.began = self.moved(probe.began)
            return .probed(id, probe)
        case .examined(let id, let run, let condition):
            return .examined(id, run: self.moved(run, runsBefore), condition)
        case .engineLost, .engineBack, .actionPrepares, .actionBegins, .actionEnded, .deploying, .host, .asked, .found,
            .forgotten, .tick:
            return fact
        }
    }
}
