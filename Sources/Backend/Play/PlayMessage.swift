import Backgammon
import Support
import Web

/// A message of a client: `docs/protocol.md`, "Messages of the client".
struct PlayMessage {
    let type: String
    let id: String
    private var token: String?
    private var game: String?
    private var after: Int?
    private var seq: Int?
    private var moves: [[Int]]?
    private var value: Int?

    /// Reads `text`; members that are not known are ignored, and those that are null are as if they were not there.
    ///
    /// Throws `malformed_json` or `invalid_field`.
    init(parsing text: String) throws(HTTPProblem) {
        var members = Members()
        do throws(JSONReader.Fault) {
            var reader = JSONReader(Array(text.utf8), depthMax: HTTPRequest.jsonDepthMax)
            try members.read(&reader)
            try reader.end()
        } catch {
            throw HTTPProblem(error)
        }
        if let name = members.misfit {
            if name.isEmpty { throw HTTPProblem(400, "invalid_field", "The JSON is no object.") }
            throw .invalidField(name, "has the wrong type")
        }
        self.type = try Self.required(members.type, "type")
        self.id = try Self.required(members.id, "id")
        self.token = members.token
        self.game = members.game
        self.after = members.after
        self.seq = members.seq
        self.moves = members.moves
        self.value = members.value
    }

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

extension PlayMessage {
    /// The members as far as they are read.
    private struct Members {
        var type: String?
        var id: String?
        var token: String?
        var game: String?
        var after: Int?
        var seq: Int?
        var moves: [[Int]]?
        var value: Int?
        /// The first member of a wrong type; empty when the whole message is.
        var misfit: String?

        mutating func read(_ reader: inout JSONReader) throws(JSONReader.Fault) {
            guard try reader.enterObject() else {
                self.misfit = ""
                return
            }
            while let name = try reader.nextName() {
                if try reader.null() { continue }
                let fits: Bool
                switch name {
                case "type": fits = Self.set(&self.type, try reader.string())
                case "id": fits = Self.set(&self.id, try reader.string())
                case "token": fits = Self.set(&self.token, try reader.string())
                case "game": fits = Self.set(&self.game, try reader.string())
                case "after": fits = Self.set(&self.after, try reader.integer())
                case "seq": fits = Self.set(&self.seq, try reader.integer())
                case "moves": fits = Self.set(&self.moves, try Self.moves(&reader))
                case "value": fits = Self.set(&self.value, try reader.integer())
                default:
                    try reader.skip()
                    fits = true
                }
                if !fits, self.misfit == nil { self.misfit = name }
            }
        }

        private static func set<Value>(_ member: inout Value?, _ value: Value?) -> Bool {
            member = value
            return value != nil
        }

        /// Nil when it is anything else than arrays of whole numbers in an array.
        private static func moves(_ reader: inout JSONReader) throws(JSONReader.Fault) -> [[Int]]? {
            guard try reader.enterArray() else { return nil }
            var moves: [[Int]] = []
            var fits = true
            while try reader.nextElement() {
                guard try reader.enterArray() else {
                    fits = false
                    continue
                }
                var move: [Int] = []
                while try reader.nextElement() {
                    if let point = try reader.integer() { move.append(point) } else { fits = false }
                }
                moves.append(move)
            }
            return fits ? moves : nil
        }
    }
}
