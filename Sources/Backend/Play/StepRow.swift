import Backgammon
import Postgres

/// A row of `game_steps`: what one command changed, and how the game stands behind it.
struct StepRow: Hashable, Sendable {
    let game: Int
    /// Of the first event; the key together with the game.
    let seq: Int
    let lastSeq: Int
    /// Whose command it was; nil for the server's own doing.
    let player: Player?
    /// ``Order/text``.
    let command: String?
    /// The JSON of each event.
    let events: [String]
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
        self.command = order?.text
        self.events = step.events.map(\.text)
        self.state = step.record.stateText
        self.left = step.record.clock?.left
        self.at = step.record.since
    }

    /// With line breaks between them.
    private var storedEvents: String { self.events.joined(separator: "\n") }

    /// The columns, in the order of ``parameters(_:)``.
    static let names =
        "game_id, seq, last_seq, player, command, events, state, white_left_ms, black_left_ms, at_ms"

    /// Rows as a table for `from`, whose parameters begin with `$first`.
    static func table(from first: Int) -> String {
        let types = ["bigint", "bigint", "bigint", "text", "text", "text", "text", "bigint", "bigint", "bigint"]
        let arrays = types.enumerated().map { "$\(first + $0.offset)::\($0.element)[]" }
        return "unnest(\(arrays.joined(separator: ", "))) as t(\(Self.names))"
    }

    /// What ``table(from:)`` reads: an array for each column.
    static func parameters(_ rows: [StepRow]) -> [PostgresParameter] {
        [
            .integers(rows.map(\.game)), .integers(rows.map(\.seq)), .integers(rows.map(\.lastSeq)),
            .texts(rows.map { $0.player?.rawValue }), .texts(rows.map(\.command)), .texts(rows.map(\.storedEvents)),
            .texts(rows.map(\.state)), .integers(rows.map { $0.left?.white }), .integers(rows.map { $0.left?.black }),
            .integers(rows.map(\.at)),
        ]
    }
}
