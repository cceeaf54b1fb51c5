import Backgammon
import FoundationEssentials
import Support
import Web

@testable import Backend
@testable import Players

/// A game on a server that is nothing but the rules: no socket, no database, dice from a seed.
struct TestGame {
    let id: Int
    private var game: Game
    private(set) var events: [GameEvent] = []
    private var done: [String: Int] = [:]
    private var random: SplitMix64

    init(_ id: Int, length: Int = 1, seed: UInt64) throws {
        guard let rules = Match.Rules(length: length) else { throw GivenUp("no rules") }
        let terms = Game.Terms(rules: rules, clock: nil)
        var random = SplitMix64(seed: seed)
        let first = GameRecord.begin(terms, at: 0) { Self.roll(&random) }
        self.id = id
        self.random = random
        self.game = Game(
            id: id, terms: terms, white: Account(id: 1, name: "w"), black: Account(id: 2, name: "b"), createdAt: 0,
            isFinished: false, record: first.record)
        self.events = first.events
    }

    private static func roll(_ random: inout SplitMix64) -> Dice {
        guard let dice = Dice(.random(in: 1...6, using: &random), .random(in: 1...6, using: &random)) else {
            preconditionFailure("dice have six sides")
        }
        return dice
    }

    /// Whose turn it is.
    var turn: String? { self.game.record?.turn?.rawValue }

    /// What is answered to a command of `side`.
    mutating func answer(_ text: String, of side: Backgammon.Player) throws -> String {
        let message = try PlayMessage(parsing: text)
        guard case .command(let command, _, let seq) = try message.wish(), let record = self.game.record else {
            throw GivenUp("no command: \(text)")
        }
        let key = "\(side) \(message.id)"
        if self.done[key] == nil {
            guard seq == record.seq else {
                return #"{"type":"error","re":"\#(message.id)","code":"stale_seq","retry":false}"#
            }
            var random = self.random
            let step = try record.applying(command, id: message.id, by: side, due: 0, at: 0) { Self.roll(&random) }
            self.random = random
            self.game.record = step.record
            self.events += step.events
            self.done[key] = step.record.seq
        }
        return #"{"type":"ack","re":"\#(message.id)","game":"\#(self.id)","seq":\#(self.done[key] ?? 0)}"#
    }

    /// The messages of the events behind `seq`; the last tells the state.
    func news(after seq: Int) -> [String] {
        self.events.dropFirst(seq).map { event in
            JSONValue.written { json in
                json.object { json in
                    json.member("type", "event")
                    json.member("game", String(self.id))
                    event.writeMembers(to: &json)
                    if event.seq == self.events.count { json.member("state", self.game.state(due: 0)) }
                }
            }.text
        }
    }

    /// The answer to a `resume`, behind its news.
    func state(re: String) -> String {
        JSONValue.object([
            .init("type", "state"), .init("re", .string(re)), .init("game", .string(String(self.id))),
            .init("seq", .integer(self.events.count)), .init("state", self.game.state(due: 0)),
        ]).text
    }

    /// The history as the server tells it.
    var history: JSONValue {
        ["events": .array(self.events.map { .written($0.text) }), "next": nil]
    }

    func historyEvents() throws -> [HistoryEvent] {
        try JSONDecoder().decode(HistoryPage.self, from: Data(self.history.text.utf8)).events
    }
}

extension Seat {
    /// Hears the text of a message.
    @discardableResult
    mutating func hear(_ text: String) throws -> Reaction {
        guard let message = ServerMessage(Array(text.utf8)) else { throw GivenUp("no message: \(text)") }
        return self.hear(message)
    }
}
