import Backgammon
import Support

/// The state of a game as clients are told: `docs/protocol.md`, "The state of a game".
extension Game {
    /// All of it. `due` is from when the decision that is due counts: milliseconds since 1970.
    func state(due: Int) -> JSONValue {
        guard let record else {
            let waiting: [JSONValue.Member] = [.init("turn", .null), .init("phase", "waiting"), .init("actions", [])]
            return .object(self.head + waiting + self.tail)
        }
        let turn = record.turn
        let phase = record.phaseName
        let match = record.match
        return .object(
            self.head
                + [
                    .init("turn", .player(turn)), .init("phase", .string(phase)),
                    .init("actions", .array(record.actions.map { .string($0) })),
                    .init("dice", record.dice.map { .integers($0) } ?? .null), .init("board", match.position.json),
                    .init("cube", ["value": .integer(match.cube.value), "owner": .player(match.cube.owner)]),
                    .init("resignation", record.resignation), .init("clock", record.clockJSON(due: due)),
                    .init("lastGame", record.lastGameJSON),
                ] + self.tail
                + [
                    .init("positionId", .string(match.position.id(onRoll: match.onRoll))),
                    .init("matchId", .string(match.matchID.text)),
                ])
    }

    /// Without board, clock, dice and what belongs to them.
    var summary: JSONValue {
        let turn: [JSONValue.Member] = [
            .init("turn", .player(self.record?.turn)),
            .init("phase", .string(self.record?.phaseName ?? "waiting")),
        ]
        return .object(self.head + turn + self.tail)
    }

    /// All legal plays now: `seq`, `player`, `dice`, `plays`.
    var plays: [JSONValue.Member] {
        guard let record, let turn = record.turn, case .toPlay(let dice) = record.match.phase else {
            return [
                .init("seq", .integer(self.seq)), .init("player", .null), .init("dice", .null), .init("plays", []),
            ]
        }
        let plays = record.match.position.plays(for: turn, dice: dice)
        return [
            .init("seq", .integer(self.seq)), .init("player", .player(turn)),
            .init("dice", .integers([dice.first, dice.second])),
            .init("plays", .array(plays.map { .steps($0.play.map { [$0.from, $0.to] }) })),
        ]
    }

    private var status: String {
        guard let record else { return "waiting" }
        return record.end == nil ? "playing" : "finished"
    }

    private var head: [JSONValue.Member] {
        let rules = self.terms.rules
        let match = self.record?.match
        return [
            .init("id", .string(String(self.id))), .init("status", .string(self.status)),
            .init("seq", .integer(self.seq)), .init("matchLength", .integer(rules.length)),
            .init("jacoby", .bool(rules.jacoby)), .init("beavers", .bool(rules.beavers)),
            .init("players", ["white": self.white.json, "black": self.black?.json ?? .null]),
            .init(
                "score",
                ["white": .integer(match?.whiteScore ?? 0), "black": .integer(match?.blackScore ?? 0)]),
            .init("crawford", .bool(match?.isCrawford ?? false)),
            .init("gameNumber", .integer(self.record?.gameNumber ?? 0)),
        ]
    }

    private var tail: [JSONValue.Member] {
        let end = self.record?.end
        return [
            .init(
                "result",
                end.map { ["winner": .player($0.winner), "reason": .string($0.reason.rawValue)] } ?? .null),
            .init("createdAt", .moment(self.createdAt)),
            .init("finishedAt", end == nil ? .null : .moment(self.record?.since ?? 0)),
        ]
    }
}

extension GameRecord {
    fileprivate var phaseName: String {
        if self.end != nil { return "over" }
        return switch self.match.phase {
        case .openingRoll, .toRoll: "roll"
        case .toPlay: "move"
        case .doubled, .beavered: "double"
        case .resigning: "resignation"
        case .over: "over"
        }
    }

    fileprivate var actions: [String] {
        guard self.end == nil else { return [] }
        switch self.match.phase {
        case .openingRoll, .over: return []
        case .toRoll: return self.match.doubleObstacle == nil ? ["roll", "double", "resign"] : ["roll", "resign"]
        case .toPlay: return ["move", "resign"]
        case .doubled:
            let mayBeaver = self.match.rules.beavers && self.match.cube.value * 4 <= Match.Cube.valueMax
            return mayBeaver ? ["take", "drop", "beaver"] : ["take", "drop"]
        case .beavered: return ["take", "drop"]
        case .resigning: return ["accept", "reject"]
        }
    }

    fileprivate var dice: [Int]? {
        guard self.end == nil else { return nil }
        return switch self.match.phase {
        case .toPlay(let dice), .resigning(_, _, .some(let dice)): [dice.first, dice.second]
        default: nil
        }
    }

    fileprivate var resignation: JSONValue {
        guard self.end == nil, case .resigning(let by, let kind, _) = self.match.phase else { return .null }
        return ["by": .player(by), "value": .integer(kind.rawValue)]
    }

    fileprivate var lastGameJSON: JSONValue {
        guard let last = self.lastGame else { return .null }
        return ["winner": .player(last.winner), "kind": .string(last.kind.name), "points": .integer(last.points)]
    }

    fileprivate func clockJSON(due: Int) -> JSONValue {
        guard let clock else { return .null }
        let turn = self.turn
        return [
            "reserveSeconds": .integer(clock.control.reserveSeconds),
            "delaySeconds": .integer(clock.control.delaySeconds), "leftMs": .sides(clock.left) { .integer($0) },
            "running": .player(turn), "since": turn == nil ? .null : .moment(due),
            "deadline": turn.map { .moment(clock.deadline(of: $0, since: due)) } ?? .null,
        ]
    }
}

extension Position {
    fileprivate var json: JSONValue {
        let points = (1...24).map { self.checkers(of: .white, at: $0) - self.checkers(of: .black, at: 25 - $0) }
        func sides(_ value: (Player) -> Int) -> JSONValue {
            ["white": .integer(value(.white)), "black": .integer(value(.black))]
        }
        return [
            "points": .integers(points), "bar": sides { self.checkers(of: $0, at: 25) },
            "off": sides { self.checkers(of: $0, at: 0) }, "pips": sides { self.pips(of: $0) },
        ]
    }
}

extension Account {
    /// As clients are told.
    var json: JSONValue { ["id": .string(String(self.id)), "name": .string(self.name)] }
}

extension JSONValue {
    static func player(_ player: Player?) -> JSONValue { player.map { .string($0.rawValue) } ?? .null }
}
