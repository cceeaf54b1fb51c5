import Backgammon
import Support

/// One player's part in one game: what he has seen of it, what he has asked for and what he was promised. A value: it
/// hears messages and says what to send.
struct Seat {
    /// What was promised: the command is done, and the game has come to `seq` by it.
    struct Acknowledgement: Hashable {
        let command: Command
        let seq: Int
    }

    /// What a message brought about.
    enum Reaction: Hashable {
        case nothing
        /// The command that waited is done.
        case acknowledged
        /// The server can't serve now: send ``waiting`` again after so many milliseconds.
        case sendAgain(afterMs: Int)
        /// What was seen has a hole, or a command was refused: ask for the game anew.
        case resume(afterMs: Int)
    }

    let game: String
    let side: Player
    /// The last sequence number that was seen.
    private(set) var seq = 0
    /// The command without an answer.
    private(set) var waiting: Command?
    private(set) var acknowledged: [Acknowledgement] = []
    /// What a server that keeps to the protocol would not have said.
    private(set) var faults: [String] = []
    private var state: GameState?
    /// The state that was told last, when it has not been read.
    private var unread: JSONReader?
    private var lastID = 0

    init(game: String, side: Player) {
        self.game = game
        self.side = side
    }

    /// The game has ended, and every command is answered.
    var isOver: Bool { self.state?.status == "finished" && self.state?.seq == self.seq && self.waiting == nil }

    /// The client id of a `resume` of this game; no command has it.
    static let resumeID = "resume"

    /// Takes in a message of the server.
    mutating func hear(_ message: ServerMessage) -> Reaction {
        let reaction: Reaction =
            switch message.type {
            case "event": message.game == self.game ? self.see(message) : .nothing
            case "state": message.re == Self.resumeID && message.game == self.game ? self.lookUp(message) : .nothing
            case "ack": message.re == self.waiting?.id ? self.accept(message) : .nothing
            case "error": self.suffer(message)
            default: .nothing
            }
        // While a command waits for its answer nothing is done about any state, and another will come.
        if self.waiting == nil { self.readState() }
        return reaction
    }

    private mutating func readState() {
        guard var reader = self.unread else { return }
        self.unread = nil
        do throws(JSONReader.Fault) {
            self.state = try GameState(&reader, for: self.side)
        } catch {
            self.state = nil
        }
        if self.state == nil { self.faults.append("game \(self.game): the state at \(self.seq) can't be read") }
    }

    private mutating func see(_ event: ServerMessage) -> Reaction {
        guard let seq = event.seq, seq > self.seq else { return .nothing }
        guard seq == self.seq + 1 else {
            self.faults.append("game \(self.game): event \(seq) came behind \(self.seq)")
            return .resume(afterMs: 0)
        }
        self.seq = seq
        if let state = event.state { self.unread = state }
        return .nothing
    }

    private mutating func lookUp(_ message: ServerMessage) -> Reaction {
        guard let told = message.state else { return .nothing }
        self.unread = told
        self.readState()
        if let state, state.seq != self.seq {
            self.faults.append("game \(self.game): resumed at \(state.seq) with events up to \(self.seq)")
            self.seq = state.seq
        }
        return .nothing
    }

    private mutating func accept(_ message: ServerMessage) -> Reaction {
        guard let command = self.waiting else { return .nothing }
        self.waiting = nil
        self.acknowledged.append(Acknowledgement(command: command, seq: message.seq ?? 0))
        return .acknowledged
    }

    private mutating func suffer(_ error: ServerMessage) -> Reaction {
        let mayRepeat = error.retry == true || error.code == "rate_limited"
        let pause = error.retryAfterMs ?? 1000
        if error.re == Self.resumeID, mayRepeat { return .resume(afterMs: pause) }
        guard let waiting, error.re == waiting.id else {
            // About what was asked of an earlier connection, or of another game.
            if error.re == Self.resumeID { self.note(error, "resume") }
            return .nothing
        }
        if mayRepeat { return .sendAgain(afterMs: pause) }
        self.note(error, waiting.choice.type)
        self.waiting = nil
        self.state = nil
        self.unread = nil
        return .resume(afterMs: pause)
    }

    private mutating func note(_ error: ServerMessage, _ what: String) {
        self.faults.append(
            "game \(self.game): \(what) at \(self.seq) was refused: \(error.code ?? "?"), \(error.detail ?? "?")")
    }

    /// The next command, which then waits for its answer; nil when it is not this player's turn.
    mutating func choose(using random: inout some RandomNumberGenerator) -> Command? {
        // What the last command has brought about is to be seen first.
        guard self.waiting == nil, let state, state.seq == self.seq, self.seq >= self.acknowledged.last?.seq ?? 0,
            let choice = Choice.make(state, for: self.side, using: &random)
        else { return nil }
        self.lastID += 1
        let command = Command(
            id: "\(self.side.rawValue)-\(self.lastID)", game: self.game, seq: self.seq, choice: choice)
        self.waiting = command
        return command
    }
}
