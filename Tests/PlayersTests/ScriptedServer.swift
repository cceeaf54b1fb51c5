import Backgammon
import EventLoop
import Glibc
import Support
import Web

@testable import Players

/// A server for players that keeps everything in memory, and breaks connections on purpose.
@Loop
final class ScriptedServer {
    /// The games, made by the players in pairs; who asks is told apart by his token, `T` and a number.
    private var games: [Int: TestGame] = [:]
    private var watchers: [Int: [WebSocket]] = [:]
    private var names: [String] = []
    private var commands = 0
    /// Access tokens that are taken, by the refresh token that gives a new one.
    private var tokens: [String: String] = [:]
    private(set) var refreshes = 0
    private let breaksEvery: Int
    /// With each break all access tokens end.
    private let endsTokens: Bool
    /// Leaves out this event of each game's history, counted from 0.
    private let forgets: Int?
    /// Takes a millisecond for each command, and reads on meanwhile.
    private let isSlow: Bool
    private(set) var connections = 0
    /// Commands without an answer, by their connection.
    private var underWay: [ObjectIdentifier: Int] = [:]
    /// Of one connection.
    private(set) var underWayMost = 0
    private var server: HTTPServer?

    /// - Parameter breaksEvery: of so many commands one is carried out and then not answered: the connection ends.
    init(breaksEvery: Int, endsTokens: Bool = false, forgets: Int? = nil, isSlow: Bool = false) throws {
        self.breaksEvery = breaksEvery
        self.endsTokens = endsTokens
        self.forgets = forgets
        self.isSlow = isSlow
        var router = Router()
        router.on("POST", "/api/register") { _ in self.register() }
        router.on("POST", "/api/refresh") { (request) throws(HTTPProblem) in try self.refresh(request) }
        router.on("POST", "/api/games") { (request) throws(HTTPProblem) in
            try self.check(request)
            return try self.makeGame()
        }
        router.on("POST", "/api/games/{id}/join") { (request) throws(HTTPProblem) in
            try self.check(request)
            return .json([:])
        }
        router.on("GET", "/api/games/{id}/history") { request in
            self.history(Int(request.parameters["id"] ?? "") ?? 0)
        }
        router.webSocket("/ws", WebSocketOptions()) { _, socket in await self.serve(socket) }
        self.server = try HTTPServer(port: 0, log: Log(descriptor: Self.nowhere), router: router)
    }

    private static nonisolated let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)

    var url: String { "http://127.0.0.1:\(self.server?.port ?? 0)" }

    func stop() async { await self.server?.stop(within: .seconds(5)) }

    private func register() -> HTTPResponse {
        let name = "T\(self.names.count)"
        self.names.append(name)
        self.tokens[name] = name
        return .json(
            ["accessToken": .string(name), "refreshToken": .string(name), "expiresIn": 900], status: 201)
    }

    private struct Refresh: Decodable {
        let refreshToken: String
    }

    private func refresh(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
        let name = try request.json(Refresh.self).refreshToken
        self.refreshes += 1
        self.tokens[name] = "\(name)-\(self.refreshes)"
        return .json(
            ["accessToken": .string(self.tokens[name] ?? ""), "refreshToken": .string(name), "expiresIn": 900])
    }

    private func isGood(_ token: String) -> Bool { self.tokens.values.contains(token) }

    private func check(_ request: HTTPRequest) throws(HTTPProblem) {
        guard let field = request.headers["authorization"], self.isGood(String(field.dropFirst("Bearer ".count)))
        else { throw HTTPProblem(401, "unauthorized", "The token has ended.") }
    }

    private func makeGame() throws(HTTPProblem) -> HTTPResponse {
        let id = self.games.count + 1
        guard let game = try? TestGame(id, seed: UInt64(id)) else { throw HTTPProblem(500, "broken", "No game.") }
        self.games[id] = game
        return .json(["id": .string(String(id))], status: 201)
    }

    private func history(_ id: Int) -> HTTPResponse {
        var events = self.games[id]?.history["events"]?.elements ?? []
        if let forgets, forgets < events.count { events.remove(at: forgets) }
        return .json(["events": .array(events), "next": nil])
    }

    private func serve(_ socket: WebSocket) async {
        self.connections += 1
        for await message in socket.messages {
            guard case .text(let text) = message, let json = parse(text) else { return }
            self.answer(text, json, socket)
        }
        for id in self.watchers.keys { self.watchers[id]?.removeAll { $0 === socket } }
    }

    private func answer(_ text: String, _ json: JSONValue, _ socket: WebSocket) {
        let id = Int(json["game"]?.string ?? "") ?? 0
        switch json["type"]?.string {
        case "hello":
            let isGood = self.isGood(json["token"]?.string ?? "")
            socket.send(
                .text(
                    isGood
                        ? #"{"type":"welcome","re":"hello"}"#
                        : #"{"type":"error","re":"hello","code":"unauthorized","retry":false}"#))
        case "resume":
            guard let game = self.games[id] else { return socket.close(.policyViolation) }
            for news in game.news(after: json["after"]?.number ?? 0) { socket.send(.text(news)) }
            socket.send(.text(game.state(re: json["id"]?.string ?? "")))
            self.watchers[id, default: []].append(socket)
        case "leave": self.watchers[id]?.removeAll { $0 === socket }
        default:
            let key = ObjectIdentifier(socket)
            self.underWay[key, default: 0] += 1
            self.underWayMost = max(self.underWayMost, self.underWay[key] ?? 0)
            let answer: @Loop @Sendable () -> Void = {
                self.underWay[key, default: 0] -= 1
                self.carryOut(text, by: json["id"]?.string ?? "", in: id, socket)
            }
            if self.isSlow { Loop.after(.milliseconds(1), answer) } else { answer() }
        }
    }

    private func carryOut(_ text: String, by command: String, in id: Int, _ socket: WebSocket) {
        let before = self.games[id]?.events.count ?? 0
        // The client id says whose it is.
        guard let side = command.split(separator: "-").first.flatMap({ Player(rawValue: String($0)) }),
            let answer = try? self.games[id]?.answer(text, of: side)
        else { return socket.close(.policyViolation) }
        self.commands += 1
        if self.commands % self.breaksEvery == 0 {
            socket.close(.internalError)
            if self.endsTokens { self.tokens = [:] }
        }
        for news in self.games[id]?.news(after: before) ?? [] {
            for watcher in self.watchers[id] ?? [] { watcher.send(.text(news)) }
        }
        socket.send(.text(answer))
    }
}
