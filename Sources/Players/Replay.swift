import Backgammon

/// A match that is played again from its history, by the rules. A value.
struct Replay {
    /// What the history has is against the rules, in words.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private var match: Match
    /// Of the game that has just ended and of which the history has not told yet.
    private var result: GameResult?
    private var seq = 0
    private var isOver = false

    init(length: Int) throws(Violation) {
        guard let rules = Match.Rules(length: length) else {
            throw Violation(description: "no match has \(length) points")
        }
        self.match = Match(rules)
    }

    /// Plays all of it. Throws unless it is a whole match to its legal end.
    static func check(_ events: [HistoryEvent], length: Int) throws(Violation) {
        var replay = try Replay(length: length)
        for event in events {
            do throws(Violation) {
                try replay.apply(event)
            } catch {
                throw Violation(description: "event \(event.seq), \(event.event): \(error)")
            }
        }
        guard replay.isOver else { throw Violation(description: "the match has not ended at event \(replay.seq)") }
    }

    private mutating func apply(_ event: HistoryEvent) throws(Violation) {
        guard event.seq == self.seq + 1, !self.isOver else {
            throw Violation(description: "it comes behind \(self.seq)")
        }
        self.seq = event.seq
        switch event.event {
        case "started":
            try self.act(.roll(try Self.dice(event)), by: .white)
            try self.expect(event.turn == self.match.onRoll.rawValue, "the other one begins")
        case "rolled": try self.act(.roll(try Self.dice(event)), by: event)
        case "moved": try self.act(.play(try Self.play(event)), by: event)
        case "doubled": try self.act(.double, by: event)
        case "taken": try self.act(.take, by: event)
        case "dropped": try self.act(.drop, by: event)
        case "beavered": try self.act(.beaver, by: event)
        case "resignation_offered":
            guard let kind = event.value.flatMap({ WinKind(rawValue: $0) }) else {
                throw Violation(description: "it has no value")
            }
            try self.act(.resign(kind), by: event)
        case "resignation_rejected": try self.act(.rejectResignation, by: event)
        case "game_over": try self.endGame(event)
        case "match_over":
            guard case .over(let winner) = self.match.phase else { throw Violation(description: "it has not ended") }
            try self.expect(event.winner == winner.rawValue, "the other one has won")
            self.isOver = true
        default: throw Violation(description: "it is unknown")
        }
    }

    private mutating func endGame(_ event: HistoryEvent) throws(Violation) {
        if event.reason == GameResult.Reason.resigned.rawValue { try self.act(.acceptResignation, by: event) }
        try self.expect(self.result?.winner.rawValue == event.winner, "nobody or the other one has won")
        try self.expect(self.result?.points == event.points, "the points are others")
        let score = HistoryEvent.Score(white: self.match.whiteScore, black: self.match.blackScore)
        try self.expect(event.score == score, "the score is another")
        self.result = nil
    }

    private mutating func act(_ action: Match.Action, by event: HistoryEvent) throws(Violation) {
        // What the server does by itself it does for the one whose turn it is.
        guard let player = event.player.map({ Player(rawValue: $0) }) ?? self.match.turn else {
            throw Violation(description: "it is nobody's")
        }
        try self.act(action, by: player)
    }

    private mutating func act(_ action: Match.Action, by player: Player) throws(Violation) {
        try self.expect(self.result == nil, "a game has ended before it")
        do throws(RuleViolation) {
            self.result = try self.match.apply(action, by: player)
        } catch {
            throw Violation(description: "\(error)")
        }
    }

    private func expect(_ isTrue: Bool, _ otherwise: String) throws(Violation) {
        guard isTrue else { throw Violation(description: otherwise) }
    }

    private static func dice(_ event: HistoryEvent) throws(Violation) -> Dice {
        guard let dice = event.dice, dice.count == 2, let dice = Dice(dice[0], dice[1]) else {
            throw Violation(description: "it has no dice")
        }
        return dice
    }

    private static func play(_ event: HistoryEvent) throws(Violation) -> Play {
        guard let moves = event.moves, moves.allSatisfy({ $0.count == 2 }),
            let play = Play(moves.map { CheckerMove(from: $0[0], to: $0[1]) })
        else { throw Violation(description: "it has no moves") }
        return play
    }
}
