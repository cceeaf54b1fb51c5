import FoundationEssentials
import ServiceTestKit
import Support

@testable import Backend

/// A player's connection to `/ws` of a server, for tests: blocks, each wait with a generous deadline.
final class PlayClient {
    /// A user with a token.
    struct User: Sendable {
        let id: Int
        let name: String
        let token: String

        var account: Account { Account(id: self.id, name: self.name) }

        /// Registers over HTTP.
        static func register(_ name: String, port: UInt16) throws -> User {
            let body = #"{"name":"\#(name)","password":"correct horse"}"#
            let client = try RawClient(port: port)
            client.send(
                "POST /api/register HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            guard let answer = client.answer(within: .seconds(60)), let json = PlayClient.parse(answer.body),
                let id = json["user"]?["id"]?.string.flatMap({ Int($0) }), let token = json["accessToken"]?.string
            else { throw TestKitError("\(name) can't register") }
            return User(id: id, name: name, token: token)
        }
    }

    private static let limit = Duration.seconds(60)

    let user: User
    private let socket: WebSocketClient
    private var lastID = 0
    /// Every message that was no answer, in order.
    private(set) var heard: [JSONValue] = []
    /// The last state that a message told.
    private(set) var state: JSONValue?

    /// Connects and says hello.
    init(_ user: User, port: UInt16) throws {
        self.user = user
        self.socket = try WebSocketClient(port: port, path: "/ws")
        let welcome = try self.ask("hello", ["token": .string(user.token)])
        guard welcome["type"] == "welcome", welcome["user"]?["name"]?.string == user.name else {
            throw TestKitError("no welcome: \(welcome.text)")
        }
    }

    /// Sends a message with a new client id and returns its answer. What comes before it is kept.
    func ask(_ type: String, _ members: JSONValue = [:], id: String? = nil) throws -> JSONValue {
        self.lastID += 1
        let id = id ?? "t-\(self.user.name)-\(self.lastID)"
        self.send(type, members, id: id)
        while true {
            let message = try self.next()
            if message["re"]?.string == id { return message }
        }
    }

    func send(_ type: String, _ members: JSONValue = [:], id: String) {
        let head: [JSONValue.Member] = [.init("type", .string(type)), .init("id", .string(id))]
        self.sendText(JSONValue.object(head + members.members).text)
    }

    func sendText(_ text: String) { self.socket.send(text) }

    /// The next message.
    func next() throws -> JSONValue {
        while true {
            guard let frame = self.socket.next(within: Self.limit) else { throw TestKitError("the connection ended") }
            guard frame.opcode == 1 else {
                if frame.opcode == 8 { throw TestKitError("closed with \(frame.closeCode ?? 0)") }
                continue
            }
            guard let message = Self.parse(frame.text) else { throw TestKitError("no JSON: \(frame.text)") }
            if let state = message["state"] { self.state = state }
            if message["re"] == nil { self.heard.append(message) }
            return message
        }
    }

    /// Reads until the connection ends: the answer to `id`, when one came, and the code of the close frame.
    func rest(_ id: String) -> (answer: JSONValue?, code: Int?) {
        var answer: JSONValue?
        while let frame = self.socket.next(within: Self.limit) {
            if frame.opcode == 8 { return (answer, frame.closeCode) }
            if frame.opcode == 1, let message = Self.parse(frame.text), message["re"]?.string == id { answer = message }
        }
        return (answer, nil)
    }

    /// The events that were heard of `game`.
    func events(of game: Int) -> [JSONValue] {
        self.heard.filter { $0["type"] == "event" && $0["game"]?.string == String(game) }
    }

    static func parse(_ text: String) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }
}

extension JSONValue {
    var number: Int? { if case .integer(let value) = self { value } else { nil } }
}

/// Plays a game through one connection until the match is over, by rules that need no thinking.
struct ScriptedPlayer {
    let game: Int
    let color: String
    var random: SplitMix64
    /// The `seq` of each acknowledged command, by its client id.
    private(set) var acknowledged: [String: Int] = [:]

    init(game: Int, color: String, seed: UInt64) {
        self.game = game
        self.color = color
        self.random = SplitMix64(seed: seed)
    }

    mutating func play(_ client: PlayClient) throws {
        _ = try client.ask("resume", ["game": .string(String(self.game)), "after": 0])
        while true {
            guard let state = client.state else { throw TestKitError("no state") }
            if state["status"] == "finished" { return }
            guard state["turn"]?.string == self.color, let seq = state["seq"]?.number else {
                _ = try client.next()
                continue
            }
            try self.act(client, state, seq)
        }
    }

    private mutating func act(_ client: PlayClient, _ state: JSONValue, _ seq: Int) throws {
        let game = JSONValue.string(String(self.game))
        var members: [JSONValue.Member] = [.init("game", game), .init("seq", .integer(seq))]
        let type: String
        switch state["phase"]?.string {
        case "move":
            type = "move"
            let plays = try client.ask("plays", ["game": game])["plays"]?.elements ?? []
            guard let play = plays.randomElement(using: &self.random) else { throw TestKitError("no play") }
            members.append(.init("moves", play))
        case "double": type = "take"
        case "resignation": type = "accept"
        case "roll":
            let mayDouble = state["actions"]?.elements.contains("double") == true
            type = mayDouble && Int.random(in: 0..<20, using: &self.random) == 0 ? "double" : "roll"
        default: throw TestKitError("an unknown phase: \(state.text)")
        }
        let id = "\(self.color)-\(seq)"
        let answer = try client.ask(type, .object(members), id: id)
        guard answer["type"] == "ack", let last = answer["seq"]?.number else {
            throw TestKitError("\(type) was not acknowledged: \(answer.text)")
        }
        self.acknowledged[id] = last
    }
}
