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

    /// Its JSON, as it is stored.
    var text: String {
        var json = JSONWriter()
        json.object { self.writeMembers(to: &$0) }
        return json.text
    }

    /// The members of its JSON, without what belongs to the message around it.
    func writeMembers(to json: inout JSONWriter) {
        json.member("seq", self.seq)
        json.member("event", self.kind.name)
        json.member("player", self.player?.rawValue)
        self.kind.writeMembers(to: &json)
        if let command { json.member("command", command) }
        json.member("at", moment: self.at)
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
    /// As clients are told.
    var name: String {
        switch self {
        case .started: "started"
        case .rolled: "rolled"
        case .moved: "moved"
        case .doubled: "doubled"
        case .taken: "taken"
        case .dropped: "dropped"
        case .beavered: "beavered"
        case .resignationOffered: "resignation_offered"
        case .resignationRejected: "resignation_rejected"
        case .gameOver: "game_over"
        case .matchOver: "match_over"
        }
    }

    fileprivate func writeMembers(to json: inout JSONWriter) {
        switch self {
        case .started(let white, let black, let turn, let number):
            json.member("dice", [white, black])
            json.member("turn", turn.rawValue)
            json.member("gameNumber", number)
        case .rolled(let dice): json.member("dice", dice)
        case .moved(let steps): json.member("moves", steps)
        case .doubled(let value), .taken(let value), .dropped(let value), .beavered(let value),
            .resignationOffered(let value), .resignationRejected(let value):
            json.member("value", value)
        case .gameOver(let winner, let kind, let points, let score, let reason):
            json.member("winner", winner.rawValue)
            json.member("kind", kind.name)
            json.member("points", points)
            json.member("score", score)
            json.member("reason", reason.rawValue)
        case .matchOver(let winner, let reason):
            json.member("winner", winner.rawValue)
            json.member("reason", reason.rawValue)
        }
    }
}
