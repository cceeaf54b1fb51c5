import EventLoop
import Support
import Web

/// One client's connection: `docs/protocol.md`, "WebSocket". Its messages are answered one after the other, so that a
/// client that asks faster than it is served slows down itself alone.
@Loop
final class PlaySession: GameWatcher {
    private static nonisolated let helloLimit = Duration.seconds(10)
    /// When to send again what could not be served.
    private static nonisolated let retryAfterMs = 200
    /// Games watched at once.
    private static nonisolated let gamesMost = 100

    private let socket: WebSocket
    private let games: Games
    private let authenticator: Authenticator
    private let log: Log
    private var account: Account?
    private var watched: Set<Int> = []

    init(_ socket: WebSocket, _ games: Games, _ authenticator: Authenticator, log: Log) {
        self.socket = socket
        self.games = games
        self.authenticator = authenticator
        self.log = log
    }

    static func addRoute(
        to router: inout Router, _ options: WebSocketOptions, _ games: Games, _ authenticator: Authenticator, log: Log
    ) {
        router.webSocket("/ws", options) { request, socket in
            await PlaySession(socket, games, authenticator, log: log).run(request)
        }
    }

    func hear(_ message: UnsafeBufferPointer<UInt8>) { self.socket.send(text: message) }

    /// Serves the connection until it ends.
    private func run(_ request: HTTPRequest) async {
        let timer = Loop.after(Self.helloLimit) { [weak self] in
            guard let self, self.account == nil else { return }
            self.socket.close(.policyViolation, "no hello in time")
        }
        await self.welcomeByHeader(request)
        for await message in self.socket.messages {
            guard case .text(let text) = message else {
                self.socket.close(WebSocketCloseCode(1003), "text messages only")
                break
            }
            await self.answer(text)
        }
        timer.cancel()
        for game in self.watched { self.games.leave(game, self) }
        if let account { self.games.exit(self, of: account) }
    }

    private func welcomeByHeader(_ request: HTTPRequest) async {
        guard request.headers["authorization"] != nil else { return }
        do {
            guard let account = try await self.authenticator.authenticate(request) else {
                throw HTTPProblem.unauthorized
            }
            self.welcome(account, re: .null)
        } catch {
            self.refuse(error, re: .null, game: nil)
        }
    }

    private func answer(_ text: String) async {
        var re = JSONValue.null
        var game: Int?
        do {
            let message = try PlayMessage(parsing: text)
            re = .string(message.id)
            let wish = try message.wish()
            switch wish {
            case .hello(let token):
                try await self.hello(token, re: re)
            case .ping:
                self.say("pong", re, [.init("now", self.games.now)])
            case .resume(let id, let after):
                game = id
                _ = try self.known()
                guard self.watched.contains(id) || self.watched.count < Self.gamesMost else { throw HTTPProblem.busy }
                try await self.games.watch(id, self, after: after, re: re)
                self.watched.insert(id)
            case .leave(let id):
                game = id
                _ = try self.known()
                self.games.leave(id, self)
                self.watched.remove(id)
                self.say("left", re, [.init("game", .string(String(id)))])
            case .plays(let id):
                game = id
                _ = try self.known()
                let plays = try await self.games.recent(id).plays
                self.say("plays", re, [.init("game", .string(String(id)))] + plays)
            case .command(let command, let id, let seq):
                game = id
                let order = Order(game: id, player: try self.known(), id: message.id, command: command, seq: seq)
                let last = try await self.games.carryOut(order)
                self.acknowledge(message.id, game: id, seq: last)
            }
        } catch {
            self.refuse(error, re: re, game: game)
        }
    }

    /// Who this is; `unauthorized` before a `hello`.
    private func known() throws(HTTPProblem) -> Account {
        guard let account else { throw HTTPProblem(401, "unauthorized", "Please say hello first.") }
        return account
    }

    private func hello(_ token: String, re: JSONValue) async throws {
        guard let account = try await self.authenticator.authenticate(token: token) else {
            throw HTTPProblem.unauthorized
        }
        if let known = self.account, known != account {
            throw HTTPProblem(409, "other_user", "This connection is another user's.")
        }
        self.welcome(account, re: re)
    }

    private func welcome(_ account: Account, re: JSONValue) {
        self.account = account
        self.games.enter(self, of: account)
        self.say("welcome", re, [.init("user", account.json), .init("now", self.games.now)])
    }

    private func say(_ type: String, _ re: JSONValue, _ members: [JSONValue.Member]) {
        self.hear(.object([.init("type", .string(type)), .init("re", re)] + members))
    }

    private func acknowledge(_ id: String, game: Int, seq: Int) {
        var json = JSONWriter(capacity: 128)
        json.object { json in
            json.member("type", "ack")
            json.member("re", id)
            json.member("game", String(game))
            json.member("seq", seq)
        }
        json.withBytes { self.hear($0) }
    }

    private func refuse(_ error: any Error, re: JSONValue, game: Int?) {
        let problem = HTTPProblem(error, log: self.log)
        var members: [JSONValue.Member] = [
            .init("code", .string(problem.code)), .init("detail", .string(problem.detail)),
        ]
        members += problem.members
        if let game { members.append(.init("game", .string(String(game)))) }
        let mayRepeat = problem.status == 503
        members.append(.init("retry", .bool(mayRepeat)))
        if mayRepeat { members.append(.init("retryAfterMs", .integer(Self.retryAfterMs))) }
        self.say("error", re, members)
    }
}
