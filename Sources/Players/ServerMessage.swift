import Backgammon
import Support

/// A message of the server, as far as a player cares (`docs/protocol.md`).
///
/// Players hear three messages for each command, and share the machine with the server that they measure: so messages are
/// read without Foundation's decoder, and a state is read when it matters, if it ever does.
struct ServerMessage {
    private(set) var type = ""
    private(set) var re: String?
    private(set) var game: String?
    private(set) var code: String?
    private(set) var detail: String?
    private(set) var retry: Bool?
    private(set) var retryAfterMs: Int?
    private(set) var seq: Int?
    /// Before the value of the member `state`.
    private(set) var state: JSONReader?

    private static let depthMax = 32

    /// Nil when it is no message of the protocol.
    init?(_ bytes: [UInt8]) {
        do throws(JSONReader.Fault) {
            var reader = JSONReader(bytes, depthMax: Self.depthMax)
            guard try reader.enterObject() else { return nil }
            while let name = try reader.nextName() {
                switch name {
                case "type": self.type = try reader.string() ?? ""
                case "re": self.re = try reader.string()
                case "game": self.game = try reader.string()
                case "code": self.code = try reader.string()
                case "detail": self.detail = try reader.string()
                case "retry": self.retry = try reader.bool()
                case "retryAfterMs": self.retryAfterMs = try reader.integer()
                case "seq": self.seq = try reader.integer()
                case "state":
                    self.state = reader
                    if self.isKnownEvent { return }
                    try reader.skip()
                default: try reader.skip()
                }
            }
            try reader.end()
        } catch {
            return nil
        }
        if self.type.isEmpty { return nil }
    }

    /// All that is to be known of an event besides the state.
    private var isKnownEvent: Bool { self.type == "event" && self.game != nil && self.seq != nil }
}

/// The state of a game, as far as a player cares.
struct GameState {
    struct Board {
        struct Sides {
            fileprivate(set) var white = 0
            fileprivate(set) var black = 0
        }

        fileprivate(set) var points: [Int] = []
        fileprivate(set) var bar = Sides()
    }

    private(set) var status = ""
    private(set) var seq = 0
    /// `actions` and what follows are there once the game has begun.
    private(set) var turn: String?
    private(set) var phase: String?
    private(set) var actions: [String]?
    private(set) var dice: [Int]?
    private(set) var board: Board?

    /// Reads no further than `side` needs to see whether it is his turn, and then to make a choice. Nil when there is no
    /// object.
    init?(_ reader: inout JSONReader, for side: Player) throws(JSONReader.Fault) {
        guard try reader.enterObject() else { return nil }
        while let name = try reader.nextName() {
            switch name {
            case "status": self.status = try reader.string() ?? ""
            case "seq": self.seq = try reader.integer() ?? 0
            case "turn":
                self.turn = try reader.string()
                if self.turn != side.rawValue, !self.status.isEmpty, self.seq > 0 { return }
            case "phase": self.phase = try reader.string()
            case "actions": self.actions = try reader.strings()
            case "dice": self.dice = try reader.integers()
            case "board": self.board = try Board(&reader)
            default: try reader.skip()
            }
            if self.board != nil, self.dice != nil, self.actions != nil, self.phase != nil, self.turn != nil,
                !self.status.isEmpty, self.seq > 0
            {
                return
            }
        }
    }
}

extension GameState.Board {
    fileprivate init?(_ reader: inout JSONReader) throws(JSONReader.Fault) {
        guard try reader.enterObject() else { return nil }
        while let name = try reader.nextName() {
            switch name {
            case "points": self.points = try reader.integers()
            case "bar": self.bar = try Sides(&reader)
            default: try reader.skip()
            }
        }
    }
}

extension GameState.Board.Sides {
    fileprivate init(_ reader: inout JSONReader) throws(JSONReader.Fault) {
        guard try reader.enterObject() else { return }
        while let name = try reader.nextName() {
            switch name {
            case "white": self.white = try reader.integer() ?? 0
            case "black": self.black = try reader.integer() ?? 0
            default: try reader.skip()
            }
        }
    }
}

extension JSONReader {
    /// The whole numbers of an array; what else there is in it is left out.
    fileprivate mutating func integers() throws(Fault) -> [Int] {
        var values: [Int] = []
        guard try self.enterArray() else { return values }
        while try self.nextElement() {
            if let value = try self.integer() { values.append(value) }
        }
        return values
    }

    /// The texts of an array; what else there is in it is left out.
    fileprivate mutating func strings() throws(Fault) -> [String] {
        var values: [String] = []
        guard try self.enterArray() else { return values }
        while try self.nextElement() {
            if let value = try self.string() { values.append(value) }
        }
        return values
    }
}
