import EventLoop
import Postgres
import ServiceTestKit
import Support
import Testing

@testable import Backend

/// The connection of live play itself, at `/ws` of the program: what it does to clients that break the rules of WebSockets.
@Suite("The socket of live play", .serialized)
struct PlaySocketTests {
    private static let server = Task { try await PostgresServer.make() }
    private static let backend = Task { try await BackendProcess.startHealthy(await Self.server.value.url()) }

    init() { Loop.startThread() }

    /// The close code that comes next, after whatever else; nil when none comes.
    private static func closeCode(_ client: WebSocketClient, within limit: Duration = .seconds(60)) -> Int? {
        while let frame = client.next(within: limit) {
            if frame.opcode == 8 { return frame.closeCode }
        }
        return nil
    }

    @Test("who says no hello in time is closed with 1008, whatever else he says, and who said it stays")
    func hello() async throws {
        let port = try await Self.backend.value.port
        try await onThread {
            let user = try PlayClient.User.register("hello-ann", port: port)
            let silent = try WebSocketClient(port: port, path: "/ws")
            let talkative = try WebSocketClient(port: port, path: "/ws")
            talkative.send(#"{"type":"ping","id":"1"}"#)
            let mistaken = try WebSocketClient(port: port, path: "/ws")
            mistaken.send(#"{"type":"hello","id":"1","token":"nonsense"}"#)
            let welcome = try PlayClient(user, port: port)
            let byHeader = try WebSocketClient(
                port: port, path: "/ws", headers: ["Authorization: Bearer \(user.token)"])
            let greeting = PlayClient.parse(try #require(byHeader.next()).text)
            #expect(greeting?["type"] == "welcome" && greeting?["re"] == .null)
            #expect(greeting?["user"]?["name"] == "hello-ann")
            for client in [silent, talkative, mistaken] { #expect(Self.closeCode(client) == 1008) }
            #expect(try welcome.ask("ping")["type"] == "pong")
            byHeader.send(#"{"type":"ping","id":"2"}"#)
            #expect(PlayClient.parse(try #require(byHeader.next()).text)?["type"] == "pong")
        }
    }

    @Test("who asks and asks and never reads is closed with 1013, and others play on meanwhile")
    func slowReader() async throws {
        let backend = try await Self.backend.value
        let port = backend.port
        let (white, black, id) = try await onThread {
            let (white, black) = (try HTTPPlayer("slow-ann", port: port), try HTTPPlayer("slow-bob", port: port))
            let made = try white.ask("POST", "/api/games", #"{"matchLength":3}"#, status: 201)
            let id = try #require(made["id"]?.string)
            _ = try black.ask("POST", "/api/games/\(id)/join", status: 200)
            return (try #require(white.user), try #require(black.user), id)
        }
        let game = try #require(Int(id))
        // A whole match, so that there is something to be told.
        async let first: Void = onThread {
            var player = ScriptedPlayer(game: game, color: "white", seed: 1)
            try player.play(try PlayClient(white, port: port))
        }
        async let second: Void = onThread {
            var player = ScriptedPlayer(game: game, color: "black", seed: 2)
            try player.play(try PlayClient(black, port: port))
        }
        _ = try await (first, second)
        try await onThread {
            let slow = try WebSocketClient(port: port, path: "/ws", headers: ["Authorization: Bearer \(white.token)"])
            let other = try PlayClient(black, port: port)
            func connections() throws -> Int? {
                let client = try RawClient(port: port)
                client.send("GET /health HTTP/1.1\r\nHost: t\r\n\r\n")
                let health = PlayClient.parse(client.answer(within: .seconds(30))?.body ?? "")
                return health?["webSocket"]?["connections"]?.number
            }
            // Those of the players, and of tests before, come to their ends.
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            while try connections() != 2 { try #require(ContinuousClock.now < deadline) }
            // Some tens of kilobytes each: the kernels of both sides take some megabytes of them.
            var asked = 0
            while asked < 5_000, try connections() == 2 {
                for _ in 0..<20 {
                    slow.send(#"{"type":"resume","id":"\#(asked)","game":"\#(id)","after":0}"#)
                    asked += 1
                }
                #expect(try other.ask("ping")["type"] == "pong")
            }
            // Told so, if he reads at last.
            let frames = slow.rest(within: .seconds(60))
            #expect(frames.last?.opcode == 8 && frames.last?.closeCode == 1013, "after \(asked) questions")
            #expect(try other.ask("resume", ["game": .string(id), "after": 0])["type"] == "state")
            #expect(try connections() == 1)
        }
    }

    @Test("10.*: a message of the largest size is taken in whatever fragments, and one byte more is not")
    func fragments() async throws {
        let port = try await Self.backend.value.port
        try await onThread {
            let user = try PlayClient.User.register("fragments-ann", port: port)
            let head = #"{"type":"ping","id":"whole","pad":""#
            let limit = 16 * 1024
            let text = Array((head + String(repeating: "é", count: (limit - head.utf8.count - 2) / 2) + "\"}").utf8)
            let whole = text + [UInt8](repeating: 0x20, count: limit - text.count)
            for (bytes, size) in [(whole, 1300), (whole, limit), (Array((head + "é\"}").utf8), 1)] {
                let client = try WebSocketClient(
                    port: port, path: "/ws", headers: ["Authorization: Bearer \(user.token)"])
                _ = client.next()
                for start in stride(from: 0, to: bytes.count, by: size) {
                    let end = min(start + size, bytes.count)
                    client.send(start == 0 ? 1 : 0, Array(bytes[start..<end]), isFinal: end == bytes.count)
                }
                let pong = PlayClient.parse(try #require(client.next(within: .seconds(60))).text)
                #expect(pong?["type"] == "pong" && pong?["re"] == "whole", "in pieces of \(size)")
            }
            let client = try WebSocketClient(port: port, path: "/ws")
            for start in stride(from: 0, to: limit, by: 1024) {
                client.send(start == 0 ? 1 : 0, Array(whole[start..<start + 1024]), isFinal: false)
            }
            client.send(0, [0x20])
            #expect(Self.closeCode(client) == 1009)
        }
    }

    @Test(
        "who breaks the protocol of frames is told how by the close code",
        arguments: [
            ("bad UTF-8", WebSocketClient.frame(1, [0x7B, 0xFF, 0x7D]), 1007),
            ("a message too large", WebSocketClient.frame(1, [UInt8](repeating: 0x20, count: 16 * 1024 + 1)), 1009),
            ("bytes", WebSocketClient.frame(2, [1, 2, 3]), 1003),
            ("no mask", [0x81, 0x02, 0x7B, 0x7D], 1002),
            ("a continuation of nothing", WebSocketClient.frame(0, [1]), 1002),
        ])
    func frames(_ what: String, _ bytes: [UInt8], _ code: Int) async throws {
        let port = try await Self.backend.value.port
        try await onThread {
            let client = try WebSocketClient(port: port, path: "/ws")
            client.sendRaw(bytes)
            #expect(Self.closeCode(client) == code, "\(what)")
        }
    }

    @Test("what is no handshake, or comes from a page of somebody else, is refused with a problem that says so")
    func handshakes() async throws {
        let port = try await Self.backend.value.port
        try await onThread {
            let upgrade = """
                Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n
                """
            for (head, status, code) in [
                ("GET /ws HTTP/1.1\r\n", 426, "upgrade_required"),
                ("POST /ws HTTP/1.1\r\n\(upgrade)", 405, "method_not_allowed"),
                ("GET /ws HTTP/1.1\r\nOrigin: https://evil.example\r\n\(upgrade)", 403, "origin_refused"),
            ] {
                let client = try RawClient(port: port)
                client.send("\(head)Host: t\r\n\r\n")
                let answer = try #require(client.answer(within: .seconds(60)))
                #expect(answer.status == status && PlayClient.parse(answer.body)?["code"]?.string == code, "\(head)")
            }
        }
    }
}
