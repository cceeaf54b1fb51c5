import Backgammon
import Support

/// The state of a game as clients are told: `docs/protocol.md`, "The state of a game".
extension Game {
    /// All of it. `due` is from when the decision that is due counts: milliseconds since 1970.
    func state(due: Int) -> JSONValue { .written { json in json.object { self.writeState(due: due, to: &$0) } } }

    /// The members of ``state(due:)``.
    func writeState(due: Int, to json: inout JSONWriter) {
        self.writeHead(to: &json)
        if let record {
            record.writeState(due: due, to: &json)
        } else {
            json.member("turn", nil as String?)
            json.member("phase", "waiting")
            json.array("actions") { _ in }
        }
        self.writeTail(to: &json)
        if let match = self.record?.match {
            json.member("positionId", match.position.id(onRoll: match.onRoll))
            json.member("matchId", match.matchID.text)
        }
    }

    /// Without board, clock, dice and what belongs to them.
    var summary: JSONValue {
        .written { json in
            json.object { json in
                self.writeHead(to: &json)
                json.member("turn", self.record?.turn)
                json.member("phase", self.record?.phaseName ?? "waiting")
                self.writeTail(to: &json)
            }
        }
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
            .init("seq", .integer(self.seq)), .init("player", .string(turn.rawValue)),
            .init("dice", .integers([dice.first, dice.second])),
            .init("plays", .array(plays.map { .array($0.play.map { .integers([$0.from, $0.to]) }) })),
        ]
    }

    private var status: String {
        guard let record else { return "waiting" }
        return record.end == nil ? "playing" : "finished"
    }

    private func writeHead(to json: inout JSONWriter) {
        let rules = self.terms.rules
        let match = self.record?.match
        json.member("id", String(self.id))
        json.member("status", self.status)
        json.member("seq", self.seq)
        json.member("matchLength", rules.length)
        json.member("jacoby", rules.jacoby)
        json.member("beavers", rules.beavers)
        json.object("players") { json in
            json.object("white") { self.white.write(to: &$0) }
            if let black { json.object("black") { black.write(to: &$0) } } else { json.member("black", nil as String?) }
        }
        json.member("score", PerSide(white: match?.whiteScore ?? 0, black: match?.blackScore ?? 0))
        json.member("crawford", match?.isCrawford ?? false)
        json.member("gameNumber", self.record?.gameNumber ?? 0)
    }

    private func writeTail(to json: inout JSONWriter) {
        if let end = self.record?.end {
            json.object("result") { json in
                json.member("winner", end.winner)
                json.member("reason", end.reason.rawValue)
            }
        } else {
            json.member("result", nil as String?)
        }
        json.member("createdAt", moment: self.createdAt)
        json.member("finishedAt", moment: self.record?.end == nil ? nil : self.record?.since)
    }
}

extension GameRecord {
    fileprivate func writeState(due: Int, to json: inout JSONWriter) {
        json.member("turn", self.turn)
        json.member("phase", self.phaseName)
        json.array("actions") { json in self.actions.forEach { json.string($0) } }
        if let dice {
            json.member("dice", [dice.first, dice.second])
        } else {
            json.member("dice", nil as String?)
        }
        json.object("board") { self.match.position.write(to: &$0) }
        json.object("cube") { json in
            json.member("value", self.match.cube.value)
            json.member("owner", self.match.cube.owner)
        }
        if self.end == nil, case .resigning(let by, let kind, _) = self.match.phase {
            json.object("resignation") { json in
                json.member("by", by)
                json.member("value", kind.rawValue)
            }
        } else {
            json.member("resignation", nil as String?)
        }
        if let clock {
            json.object("clock") { self.write(clock, due: due, to: &$0) }
        } else {
            json.member("clock", nil as String?)
        }
        if let last = self.lastGame {
            json.object("lastGame") { json in
                json.member("winner", last.winner)
                json.member("kind", last.kind.name)
                json.member("points", last.points)
            }
        } else {
            json.member("lastGame", nil as String?)
        }
    }

    private func write(_ clock: GameClock, due: Int, to json: inout JSONWriter) {
        json.member("reserveSeconds", clock.control.reserveSeconds)
        json.member("delaySeconds", clock.control.delaySeconds)
        json.member("leftMs", clock.left)
        json.member("running", self.turn)
        json.member("since", moment: self.turn == nil ? nil : due)
        json.member("deadline", moment: self.turn.map { clock.deadline(of: $0, since: due) })
    }

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

    private var actions: [String] {
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

    private var dice: Dice? {
        guard self.end == nil else { return nil }
        return switch self.match.phase {
        case .toPlay(let dice), .resigning(_, _, .some(let dice)): dice
        default: nil
        }
    }
}

extension Position {
    fileprivate func write(to json: inout JSONWriter) {
        json.array("points") { json in
            for point in 1...24 {
                json.integer(self.checkers(of: .white, at: point) - self.checkers(of: .black, at: 25 - point))
            }
        }
        func sides(_ value: (Player) -> Int) -> PerSide<Int> { PerSide(white: value(.white), black: value(.black)) }
        json.member("bar", sides { self.checkers(of: $0, at: 25) })
        json.member("off", sides { self.checkers(of: $0, at: 0) })
        json.member("pips", sides { self.pips(of: $0) })
    }
}

extension Account {
    /// As clients are told.
    var json: JSONValue { .written { json in json.object { self.write(to: &$0) } } }

    fileprivate func write(to json: inout JSONWriter) {
        json.member("id", String(self.id))
        json.member("name", self.name)
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ player: Player?) { self.member(name, player?.rawValue) }

    mutating func member(_ name: StaticString, _ values: PerSide<Int>) {
        self.object(name) { json in
            json.member("white", values.white)
            json.member("black", values.black)
        }
    }

    /// Milliseconds since 1970 as RFC 3339.
    mutating func member(_ name: StaticString, moment milliseconds: Int?) {
        self.member(name, milliseconds.map { Timestamp(milliseconds: $0) })
    }
}

extension JSONValue {
    fileprivate static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }

    /// Milliseconds since 1970 as RFC 3339.
    static func moment(_ milliseconds: Int) -> JSONValue {
        .string(Timestamp(milliseconds: milliseconds).description)
    }
}

extension Timestamp {
    /// From milliseconds since 1970.
    fileprivate init(milliseconds: Int) { self.init(nanoseconds: Int64(milliseconds) * 1_000_000) }
}
