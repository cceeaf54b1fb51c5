import Backgammon
import Support

/// One change of a game, as clients are told and as it is stored. `docs/protocol.md` describes each.
struct GameEvent: Hashable, Sendable {
    /// What happened.
    enum Kind: Hashable, Sendable {
        case started(whiteDie: Int, blackDie: Int, turn: Player, gameNumber: Int)
        case rolled([Int])
        /// Steps from and to, counted from the mover's side; 25 is the bar, 0 is off.
        case moved([[Int]])
        case doubled(value: Int)
        case taken(value: Int)
        case dropped(value: Int)
        case beavered(value: Int)
        case resignationOffered(value: Int)
        case resignationRejected(value: Int)
        case gameOver(winner: Player, kind: WinKind, points: Int, score: PerSide<Int>, reason: GameResult.Reason)
        case matchOver(winner: Player, reason: MatchEnd.Reason)
    }

    let seq: Int
    let kind: Kind
    /// Whose doing it was; nil for the server's own.
    let player: Player?
    /// The client id of the command that made it; nil for what followed by itself.
    let command: String?
    /// Milliseconds since 1970.
    let at: Int

    /// The members of its JSON, without what belongs to the message around it.
    var members: [JSONValue.Member] {
        let (name, fields) = self.kind.parts
        let player: JSONValue = self.player.map { .string($0.rawValue) } ?? .null
        let command = self.command.map { [JSONValue.Member("command", .string($0))] } ?? []
        return [.init("seq", .integer(self.seq)), .init("event", .string(name)), .init("player", player)] + fields
            + command + [.init("at", .moment(self.at))]
    }
}

/// How a match ended.
struct MatchEnd: Hashable, Sendable {
    /// The raw value is that of answers and rows.
    enum Reason: String, Hashable, Sendable {
        case points, resigned, timeout
    }

    let winner: Player
    let reason: Reason
}

extension GameEvent.Kind {
    fileprivate var parts: (name: String, fields: [JSONValue.Member]) {
        switch self {
        case .started(let white, let black, let turn, let number):
            (
                "started",
                [
                    .init("dice", [.integer(white), .integer(black)]), .init("turn", .string(turn.rawValue)),
                    .init("gameNumber", .integer(number)),
                ]
            )
        case .rolled(let dice): ("rolled", [.init("dice", .integers(dice))])
        case .moved(let steps): ("moved", [.init("moves", .steps(steps))])
        case .doubled(let value): ("doubled", [.init("value", .integer(value))])
        case .taken(let value): ("taken", [.init("value", .integer(value))])
        case .dropped(let value): ("dropped", [.init("value", .integer(value))])
        case .beavered(let value): ("beavered", [.init("value", .integer(value))])
        case .resignationOffered(let value): ("resignation_offered", [.init("value", .integer(value))])
        case .resignationRejected(let value): ("resignation_rejected", [.init("value", .integer(value))])
        case .gameOver(let winner, let kind, let points, let score, let reason):
            (
                "game_over",
                [
                    .init("winner", .string(winner.rawValue)), .init("kind", .string(kind.name)),
                    .init("points", .integer(points)), .init("score", .sides(score) { .integer($0) }),
                    .init("reason", .string(reason.rawValue)),
                ]
            )
        case .matchOver(let winner, let reason):
            ("match_over", [.init("winner", .string(winner.rawValue)), .init("reason", .string(reason.rawValue))])
        }
    }
}

extension JSONValue {
    static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }

    static func steps(_ steps: [[Int]]) -> JSONValue { .array(steps.map { .integers($0) }) }

    static func sides<Value>(_ values: PerSide<Value>, _ write: (Value) -> JSONValue) -> JSONValue {
        ["white": write(values.white), "black": write(values.black)]
    }

    /// Milliseconds since 1970 as RFC 3339.
    static func moment(_ milliseconds: Int) -> JSONValue {
        .string(Timestamp(nanoseconds: Int64(milliseconds) * 1_000_000).description)
    }
}
