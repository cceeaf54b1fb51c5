import Backgammon
import FoundationEssentials
import Postgres

/// An event read back from its JSON, as far as replaying a match needs it.
struct StoredEvent: Decodable, Sendable {
    let event: String
    let player: String?
    let dice: [Int]?
    let moves: [[Int]]?
    let value: Int?
    let reason: String?

    /// - Throws: ``PostgresError/Code/unexpectedAnswer`` when it is no event of ours.
    init(parsing text: String) throws(PostgresError) {
        do {
            self = try JSONDecoder().decode(StoredEvent.self, from: Data(text.utf8))
        } catch {
            throw Self.unreadable
        }
    }

    /// What it did to the match; nil when it only says what another event has done.
    fileprivate func action() throws(PostgresError) -> Match.Action? {
        switch self.event {
        case "started", "rolled":
            guard let dice, dice.count == 2, let roll = Dice(dice[0], dice[1]) else { throw Self.unreadable }
            return .roll(roll)
        case "moved":
            guard let moves, moves.allSatisfy({ $0.count == 2 }),
                let play = Play(moves.map { CheckerMove(from: $0[0], to: $0[1]) })
            else { throw Self.unreadable }
            return .play(play)
        case "doubled": return .double
        case "taken": return .take
        case "dropped": return .drop
        case "beavered": return .beaver
        case "resignation_offered":
            guard let kind = self.value.flatMap({ WinKind(rawValue: $0) }) else { throw Self.unreadable }
            return .resign(kind)
        case "resignation_rejected": return .rejectResignation
        case "game_over": return self.reason == "resigned" ? .acceptResignation : nil
        // Given up or out of time: the moves end here, and nobody has made the last one.
        case "match_over": return nil
        default: throw Self.unreadable
        }
    }

    fileprivate static let unreadable = PostgresError(
        code: .unexpectedAnswer, message: "the event of a game can't be read")
}

extension MatchRecord {
    /// Adds what `event` did.
    mutating func append(_ event: StoredEvent) throws(PostgresError) {
        guard let action = try event.action() else { return }
        // The server passes, and opens games, for whoever has to act.
        let player = event.player.flatMap { Player(rawValue: $0) } ?? self.match.turn ?? .white
        do throws(RuleViolation) {
            try self.append(Event(player, action))
        } catch {
            throw StoredEvent.unreadable
        }
    }
}
