import Backgammon

/// How a game stands after its events so far, and what may come next. Pure: dice and time come from outside.
struct GameRecord: Hashable, Sendable {
    /// How the game before this one in the match ended.
    struct LastGame: Hashable, Sendable {
        let winner: Player
        let kind: WinKind
        let points: Int
    }

    /// What a command brought about.
    struct Step: Hashable, Sendable {
        let events: [GameEvent]
        let record: GameRecord
    }

    var match: Match
    var seq = 0
    /// When the decision that is due now became due: milliseconds since 1970.
    var since: Int
    /// Nil without a clock.
    var clock: GameClock?
    /// 1 is the first game of the match.
    var gameNumber = 0
    var lastGame: LastGame?
    /// Nil while it is played.
    var end: MatchEnd?

    /// Both are there: the first game begins.
    static func begin(_ terms: Game.Terms, at now: Int, roll: () -> Dice) -> Step {
        var change = Change(
            GameRecord(match: Match(terms.rules), since: now, clock: terms.clock.map { GameClock($0) }), at: now)
        change.startGame(roll)
        return change.step
    }

    /// Who has to act; nil when all is over.
    var turn: Player? { self.end == nil ? self.match.turn : nil }

    /// Carries out `command`. `due` is from when this decision counts, at the earliest ``since``.
    ///
    /// Throws the rule that forbids it.
    func applying(
        _ command: Command, id: String, by player: Player, due: Int, at now: Int, roll: () -> Dice
    ) throws(RuleViolation) -> Step {
        guard self.end == nil else { throw .matchOver }
        var change = Change(self, at: now, player: player, command: id)
        change.charge(from: due)
        switch command {
        case .roll:
            let dice = roll()
            try change.apply(.roll(dice), .rolled([dice.first, dice.second]))
            change.passWhenStuck()
        case .move(let play):
            try change.apply(.play(play), .moved(play.map { [$0.from, $0.to] }))
        case .double:
            try change.apply(.double, .doubled(value: self.match.cube.value * 2))
        case .take:
            try change.apply(.take) { .taken(value: $0.cube.value) }
        case .drop:
            try change.apply(.drop, .dropped(value: self.match.cube.value))
        case .beaver:
            try change.apply(.beaver) { .beavered(value: $0.cube.value * 2) }
        case .resign(let kind):
            try change.apply(.resign(kind), .resignationOffered(value: kind.rawValue))
        case .accept:
            try change.apply(.acceptResignation, nil)
        case .reject:
            guard case .resigning(_, let kind, _) = self.match.phase else { throw self.misplaced(for: player) }
            try change.apply(.rejectResignation, .resignationRejected(value: kind.rawValue))
        case .resignMatch:
            change.endMatch(MatchEnd(winner: player.opponent, reason: .resigned))
        }
        if change.record.end == nil, change.record.match.phase == .openingRoll { change.startGame(roll) }
        return change.step
    }

    private func misplaced(for player: Player) -> RuleViolation { self.turn == player ? .wrongPhase : .notYourTurn }

    /// Ends the match when the time of who has to act is over; nil when it is not.
    func timingOut(due: Int, at now: Int) -> Step? {
        guard let turn, let clock, clock.isOver(for: turn, since: due, now: now) else { return nil }
        var change = Change(self, at: now)
        change.charge(from: due)
        change.endMatch(MatchEnd(winner: turn.opponent, reason: .timeout))
        return change.step
    }

    /// A record while events are added to it.
    private struct Change {
        private(set) var record: GameRecord
        private var events: [GameEvent] = []
        private let now: Int
        private let player: Player?
        /// Until it stands in the first event.
        private var command: String?

        init(_ record: GameRecord, at now: Int, player: Player? = nil, command: String? = nil) {
            self.record = record
            self.now = now
            self.player = player
            self.command = command
        }

        var step: Step {
            var record = self.record
            record.since = self.now
            return Step(events: self.events, record: record)
        }

        /// Takes the time that the one who has to act has used off his reserve.
        mutating func charge(from due: Int) {
            if let turn = self.record.turn { self.record.clock?.charge(turn, since: due, now: self.now) }
        }

        /// The match goes on by `action` of the player, and `event` says so; nil where the end of the game says it.
        mutating func apply(_ action: Match.Action, _ event: GameEvent.Kind?) throws(RuleViolation) {
            try self.apply(action) { _ in event }
        }

        mutating func apply(
            _ action: Match.Action, _ event: (Match) -> GameEvent.Kind?
        ) throws(RuleViolation) {
            guard let player else { return }
            let result = try self.record.match.apply(action, by: player)
            if let event = event(self.record.match) { self.add(event, by: player) }
            if let result { self.endGame(result) }
        }

        /// The server passes for a player who can't move.
        mutating func passWhenStuck() {
            guard case .toPlay(let dice) = self.record.match.phase, let turn = self.record.match.turn,
                !self.record.match.position.canPlay(turn, dice: dice), self.isDone(.play(Play()), by: turn)
            else { return }
            self.add(.moved([]), by: nil)
        }

        /// What the rules must allow, as it was just asked for.
        private mutating func isDone(_ action: Match.Action, by player: Player) -> Bool {
            do throws(RuleViolation) {
                try self.record.match.apply(action, by: player)
                return true
            } catch {
                return false
            }
        }

        mutating func startGame(_ roll: () -> Dice) {
            var dice = roll()
            while dice.isDouble { dice = roll() }
            guard self.isDone(.roll(dice), by: .white) else { return }
            self.record.gameNumber += 1
            self.add(
                .started(
                    whiteDie: dice.first, blackDie: dice.second, turn: self.record.match.onRoll,
                    gameNumber: self.record.gameNumber), by: nil)
        }

        mutating func endMatch(_ end: MatchEnd) {
            self.record.end = end
            self.add(.matchOver(winner: end.winner, reason: end.reason), by: self.player)
        }

        private mutating func endGame(_ result: GameResult) {
            self.record.lastGame = LastGame(winner: result.winner, kind: result.kind, points: result.points)
            let match = self.record.match
            self.add(
                .gameOver(
                    winner: result.winner, kind: result.kind, points: result.points,
                    score: PerSide(white: match.whiteScore, black: match.blackScore), reason: result.reason),
                by: self.player)
            if case .over(let winner) = match.phase { self.endMatch(MatchEnd(winner: winner, reason: .points)) }
        }

        private mutating func add(_ kind: GameEvent.Kind, by player: Player?) {
            self.record.seq += 1
            self.events.append(
                GameEvent(seq: self.record.seq, kind: kind, player: player, command: self.command, at: self.now))
            self.command = nil
        }
    }
}
