import Backgammon
import Support

/// A row of `game_steps`: what one command changed, and how the game stands behind it.
struct StepRow: Hashable, Sendable {
    let game: Int
    /// Of the first event; the key together with the game.
    let seq: Int
    let lastSeq: Int
    /// Whose command it was; nil for the server's own doing.
    let player: Player?
    /// Client id, a space and the command's fingerprint.
    let command: String?
    /// One JSON object for each event, with line breaks between them.
    let events: String
    /// ``GameRecord/stateText``.
    let state: String
    let left: PerSide<Int>?
    /// Milliseconds since 1970.
    let at: Int

    init(_ step: GameRecord.Step, of game: Int, player: Player?, order: Order?) {
        self.game = game
        self.seq = step.events.first?.seq ?? step.record.seq
        self.lastSeq = step.record.seq
        self.player = player
        self.command = order.map { "\($0.id) \($0.command.fingerprint)" }
        self.events = step.events.map { JSONValue.object($0.members).text }.joined(separator: "\n")
        self.state = step.record.stateText
        self.left = step.record.clock?.left
        self.at = step.record.since
    }

    /// As ``columns`` reads it.
    var json: JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return [
            "game_id": .integer(self.game), "seq": .integer(self.seq), "last_seq": .integer(self.lastSeq),
            "player": self.player.map { .string($0.rawValue) } ?? .null,
            "command": self.command.map { .string($0) } ?? .null, "events": .string(self.events),
            "state": .string(self.state), "white_left_ms": number(self.left?.white),
            "black_left_ms": number(self.left?.black), "at_ms": .integer(self.at),
        ]
    }

    /// Names and types of the columns, for `json_to_recordset`.
    static let columns = """
        game_id bigint, seq integer, last_seq integer, player text, command text, events text, state text, \
        white_left_ms bigint, black_left_ms bigint, at_ms bigint
        """

    /// The names alone, in the same order.
    static let names =
        "game_id, seq, last_seq, player, command, events, state, white_left_ms, black_left_ms, at_ms"
}
