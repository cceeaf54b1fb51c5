import Backgammon
import Web

/// A message of a client: `docs/protocol.md`, "Messages of the client".
struct PlayMessage: Decodable {
    let type: String
    let id: String
    private var token: String?
    private var game: String?
    private var after: Int?
    private var seq: Int?
    private var moves: [[Int]]?
    private var value: Int?

    /// What is wanted.
    enum Wish {
        case hello(token: String)
        case resume(game: Int, after: Int?)
        case leave(game: Int)
        case plays(game: Int)
        case ping
        case command(Command, game: Int, seq: Int)
    }

    /// Throws `invalid_field`, `unknown_type` or `not_found`.
    func wish() throws(HTTPProblem) -> Wish {
        guard Order.isClientID(self.id) else {
            throw .invalidField("id", "has to be 1 to 64 letters, digits, - or _")
        }
        switch self.type {
        case "hello": return .hello(token: try Self.required(self.token, "token"))
        case "resume":
            if let after, after < 0 { throw .invalidField("after", "is negative") }
            return .resume(game: try self.gameID(), after: self.after)
        case "leave": return .leave(game: try self.gameID())
        case "plays": return .plays(game: try self.gameID())
        case "ping": return .ping
        default:
            guard let command = try self.command() else {
                throw HTTPProblem(400, "unknown_type", "There is no message of this type.")
            }
            return .command(command, game: try self.gameID(), seq: try Self.required(self.seq, "seq"))
        }
    }

    private func command() throws(HTTPProblem) -> Command? {
        switch self.type {
        case "roll": return .roll
        case "move": return .move(try self.play())
        case "double": return .double
        case "take": return .take
        case "drop": return .drop
        case "beaver": return .beaver
        case "resign":
            guard let kind = WinKind(rawValue: try Self.required(self.value, "value")) else {
                throw .invalidField("value", "has to be 1, 2 or 3")
            }
            return .resign(kind)
        case "accept": return .accept
        case "reject": return .reject
        default: return nil
        }
    }

    private func play() throws(HTTPProblem) -> Play {
        let steps = try Self.required(self.moves, "moves")
        guard steps.allSatisfy({ $0.count == 2 }), let play = Play(steps.map { CheckerMove(from: $0[0], to: $0[1]) })
        else { throw .invalidField("moves", "has to hold four pairs of points from 0 to 25 at most") }
        return play
    }

    private func gameID() throws(HTTPProblem) -> Int {
        guard let id = Int(try Self.required(self.game, "game")), id > 0 else { throw HTTPProblem.noSuchGame }
        return id
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws(HTTPProblem) -> Value {
        guard let value else { throw .invalidField(name, "is missing") }
        return value
    }
}
