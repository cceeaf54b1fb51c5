import Backgammon
import EventLoop
import Support

/// A player with an account and a connection, which he makes again whenever it breaks.
@Loop
final class Client {
    private struct Tokens: Decodable {
        let accessToken: String
        let refreshToken: String
    }

    /// A game that is under way.
    private final class Table {
        var seat: Seat
        let played = Promise<Seat>()

        init(_ seat: Seat) { self.seat = seat }
    }

    /// What a connection can't be kept for longer without a word.
    private static nonisolated let silenceMost = Duration.seconds(10)
    private static nonisolated let connectLimit = Duration.seconds(5)
    private static nonisolated let freshBackoff = Backoff(first: .milliseconds(100), most: .seconds(2))

    let number: Int
    let caller: Caller
    private(set) var token = ""
    private let server: ServerAddress
    private let credentials: JSONValue
    private let figures: Figures
    private var refreshToken = ""
    private var socket: WebSocketClient?
    private var tables: [String: Table] = [:]
    /// Tables of which something was heard since their last command, in that order.
    private var line: [Table] = []
    /// The table of the last command, which may be under way.
    private var commanding: Table?
    private var isPlaying = false
    /// The connection over which the games are played now.
    private var talking: WebSocketClient?
    private var eventsSeen = 0
    private var backoff = Client.freshBackoff
    /// Before the next connection.
    private var pause: Duration?
    private var random: SplitMix64

    /// - Parameter password: known to nobody else; it protects an account that nobody needs after the run.
    init(_ number: Int, _ options: Options, runID: String, password: String, figures: Figures) {
        self.number = number
        self.server = options.server
        self.caller = Caller(options.server, player: number)
        self.credentials = ["name": .string("bot-\(runID)-\(number)"), "password": .string(password)]
        self.figures = figures
        self.random = SplitMix64(seed: options.seed &* 1_000_003 &+ UInt64(number))
    }

    // MARK: The account

    func register() async throws(GivenUp) {
        let answer = try await self.caller.insist("POST", "/api/register", self.credentials)
        // An earlier call may have been carried out without an answer.
        if answer.status == 409 { return try await self.logIn() }
        guard answer.status == 201 else { throw GivenUp("register: status \(answer.status)") }
        self.take(try answer.read(Tokens.self))
    }

    private func logIn() async throws(GivenUp) {
        let answer = try await self.caller.insist("POST", "/api/login", self.credentials)
        guard answer.status == 200 else { throw GivenUp("login: status \(answer.status)") }
        self.take(try answer.read(Tokens.self))
    }

    /// A new access token, as the old one has ended.
    private func refresh() async throws(GivenUp) {
        let answer = try await self.caller.insist(
            "POST", "/api/refresh", ["refreshToken": .string(self.refreshToken)])
        guard answer.status == 200 else { return try await self.logIn() }
        self.take(try answer.read(Tokens.self))
    }

    private func take(_ tokens: Tokens) {
        self.token = tokens.accessToken
        self.refreshToken = tokens.refreshToken
    }

    /// Calls with the own token, which is renewed when it has ended.
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws(GivenUp) -> Caller.Answer {
        let answer = try await self.caller.insist(method, path, body, token: self.token)
        guard answer.status == 401 else { return answer }
        try await self.refresh()
        return try await self.caller.insist(method, path, body, token: self.token)
    }

    // MARK: Playing

    /// Takes `seat` and plays until the game is over, through as many connections as that takes. When nothing goes on for
    /// long that is a fault, and the seat comes back before the game is over.
    ///
    /// May be called for several games at a time. They share the connection, and one command is under way in all of them.
    func play(_ seat: Seat) async -> Seat {
        let table = Table(seat)
        self.tables[seat.game] = table
        if let talking { talking.send(Self.resume(seat)) }
        if !self.isPlaying {
            self.isPlaying = true
            // Ends with the last of the games, which are waited for here.
            Task { @Loop in await self.playTables() }
        }
        let played = await table.played.value()
        self.figures.faults += played.faults
        return played
    }

    private func playTables() async {
        var lastProgress = Loop.now
        while !self.tables.isEmpty {
            do throws(GivenUp) {
                let socket = try await self.connected()
                let before = self.eventsSeen
                await self.converse(over: socket)
                if self.eventsSeen > before {
                    lastProgress = Loop.now
                    self.backoff = Self.freshBackoff
                    self.pause = nil
                } else {
                    self.pause = self.backoff.next(using: &self.random)
                }
                guard Loop.now < lastProgress.advanced(by: Caller.patience) else { throw GivenUp("nothing goes on") }
                for table in self.tables.values where table.seat.faults.count >= 10 {
                    self.end(table, "too many faults")
                }
            } catch {
                for table in self.tables.values { self.end(table, "\(error)") }
            }
        }
        self.isPlaying = false
    }

    /// Until all games are over or the connection is.
    private func converse(over socket: WebSocketClient) async {
        self.talking = socket
        for table in self.tables.values {
            socket.send(Self.resume(table.seat))
            if let waiting = table.seat.waiting { socket.send(waiting.message) }
        }
        await socket.listen(within: Self.silenceMost) { bytes in
            guard let message = ServerMessage(bytes) else {
                self.figures.faults.append(
                    "a message can't be read: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
                return false
            }
            if let table = message.game.flatMap({ self.tables[$0] }) { self.hear(message, at: table, over: socket) }
            return !self.tables.isEmpty
        }
        self.talking = nil
        if !self.tables.isEmpty { self.lose(socket) }
    }

    private func hear(_ message: ServerMessage, at table: Table, over socket: WebSocketClient) {
        let before = table.seat.seq
        switch table.seat.hear(message) {
        case .nothing: break
        case .acknowledged: self.figures.acknowledged(self.number)
        case .resume(let pause): Self.send(Self.resume(table.seat), over: socket, afterMs: pause)
        case .sendAgain(let pause):
            self.figures.outages.trouble(of: self.number)
            if let waiting = table.seat.waiting { Self.send(waiting.message, over: socket, afterMs: pause) }
        }
        if table.seat.seq > before { self.eventsSeen += 1 }
        if table.seat.isOver {
            socket.send(Self.message("leave", id: "leave", [.init("game", .string(table.seat.game))]))
            self.end(table)
        } else if !self.line.contains(where: { $0 === table }) {
            self.line.append(table)
        }
        self.commandNext(over: socket)
    }

    /// Sends the next command, of the game that has waited longest among those in which it is this player's turn, unless
    /// one is under way.
    private func commandNext(over socket: WebSocketClient) {
        if let commanding, commanding.seat.waiting != nil { return }
        while !self.line.isEmpty {
            let table = self.line.removeFirst()
            guard let command = table.seat.choose(using: &self.random) else { continue }
            self.commanding = table
            return socket.send(command.message)
        }
    }

    /// The game is over, or `reason` keeps it from getting there.
    private func end(_ table: Table, _ reason: String? = nil) {
        let game = table.seat.game
        if let reason { self.figures.faults.append("player \(self.number): game \(game): \(reason)") }
        self.tables[game] = nil
        self.line.removeAll { $0 === table }
        if self.commanding === table { self.commanding = nil }
        table.played.fulfil(table.seat)
    }

    private func lose(_ socket: WebSocketClient) {
        socket.close()
        self.socket = nil
        self.figures.outages.trouble(of: self.number)
        self.figures.connectionsLost += 1
    }

    /// The connection, made and greeted when there is none.
    private func connected() async throws(GivenUp) -> WebSocketClient {
        if let socket {
            if socket.isOpen { return socket }
            // It broke between two games.
            self.lose(socket)
        }
        let deadline = Loop.now.advanced(by: Caller.patience)
        // The first attempt is made at once, unless the last connection was of no use.
        if let pause { try? await Loop.sleep(for: pause) }
        while true {
            let reason = await self.connect()
            if let socket { return socket }
            if reason == "unauthorized" { try await self.refresh() }
            guard Loop.now < deadline else { throw GivenUp("no connection: \(reason ?? "")") }
            try? await Loop.sleep(for: self.backoff.next(using: &self.random))
        }
    }

    /// Connects once and says hello; when there is no connection then, returns why.
    private func connect() async -> String? {
        do throws(WebSocketClient.Failure) {
            let socket = try await WebSocketClient.connect(to: self.server, path: "/ws", within: Self.connectLimit)
            if let reason = await self.greet(over: socket) {
                socket.close()
                return reason
            }
            self.socket = socket
            return nil
        } catch {
            return error.description
        }
    }

    /// Says hello; nil when that is welcome, else what went wrong.
    private func greet(over socket: WebSocketClient) async -> String? {
        socket.send(Self.message("hello", id: "hello", [.init("token", .string(self.token))]))
        var answer: ServerMessage?
        await socket.listen(within: Self.connectLimit) { bytes in
            guard let message = ServerMessage(bytes), message.re == "hello" else { return true }
            answer = message
            return false
        }
        guard let answer else { return "no welcome" }
        return answer.type == "welcome" ? nil : answer.code ?? "an error without a code"
    }

    func close() { self.socket?.close() }

    // MARK: Messages

    private static nonisolated func resume(_ seat: Seat) -> String {
        Self.message(
            "resume", id: Seat.resumeID, [.init("game", .string(seat.game)), .init("after", .integer(seat.seq))])
    }

    private static nonisolated func message(_ type: String, id: String, _ members: [JSONValue.Member]) -> String {
        JSONValue.object([.init("type", .string(type)), .init("id", .string(id))] + members).text
    }

    private static func send(_ message: String, over socket: WebSocketClient, afterMs pause: Int) {
        if pause > 0 {
            Loop.after(.milliseconds(pause)) { socket.send(message) }
        } else {
            socket.send(message)
        }
    }
}
