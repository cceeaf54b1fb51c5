import EventLoop
import ServiceTestKit
import Support
import Testing

@testable import Web

@Suite("A WebSocket")
struct WebSocketTests {
    /// A server with an echo at `/echo`, one that only listens to "go" at `/push`, and one that takes no message before
    /// it is let at `/late`.
    private struct Echo {
        let server: HTTPServer
        let figures: WebSocketFigures
        let gate: Promise<Void>
        /// A request to `/never` hangs.
        let started: Promise<Void>
        let ended: Ended
        var port: UInt16 { self.server.port }
    }

    /// Handlers that have returned.
    @Loop final class Ended {
        var count = 0
        nonisolated init() {}
    }

    private static func with<Value: Sendable>(
        _ change: @escaping @Sendable (inout WebSocketOptions) -> Void = { _ in },
        _ body: @Sendable (Echo) async throws -> Value
    ) async throws -> Value {
        Loop.startThread()
        let echo = try await Self.listen(change)
        do {
            let value = try await body(echo)
            await echo.gate.fulfil(())
            await echo.server.stop(within: .zero)
            return value
        } catch {
            await echo.gate.fulfil(())
            await echo.server.stop(within: .zero)
            throw error
        }
    }

    @Loop private static func listen(_ change: @Sendable (inout WebSocketOptions) -> Void) throws -> Echo {
        let figures = WebSocketFigures()
        let gate = Promise<Void>()
        let started = Promise<Void>()
        let ended = Ended()
        var options = WebSocketOptions()
        options.subprotocols = ["gammonguru.v1"]
        options.figures = figures
        change(&options)
        var router = Router(filters: [
            { request, next in
                var response = await next(request)
                response.headers.append(.init("X-Filtered", "yes"))
                return response
            }
        ])
        router.on("GET", "/now") { _ in .json("now") }
        router.on("GET", "/never") { _ in
            started.fulfil(())
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            return .json("unreachable")
        }
        router.webSocket("/echo/{name}", options) { request, socket in
            if request.parameters["name"] == "greet" { socket.send(.text("hello")) }
            for await message in socket.messages {
                if message == .text("end") { break }
                socket.send(message)
            }
            ended.count += 1
        }
        router.webSocket("/push", options) { _, socket in
            for await _ in socket.messages {
                while socket.isOpen {
                    socket.send(.binary([UInt8](repeating: 0x61, count: 64 * 1024)))
                    try? await Loop.sleep(for: .milliseconds(1))
                }
            }
            ended.count += 1
        }
        router.webSocket("/late", options) { _, socket in
            await gate.value()
            for await message in socket.messages { socket.send(message) }
            socket.send(.text("last"))
            ended.count += 1
        }
        let log = Log(descriptor: TestServer.nowhere)
        let server = try HTTPServer(port: 0, log: log, router: router)
        return Echo(server: server, figures: figures, gate: gate, started: started, ended: ended)
    }

    @Test("opens through the filters, echoes text and binary messages, and answers pings")
    func echoes() async throws {
        try await Self.with { echo in
            let client = try await onThread {
                let client = try WebSocketClient(
                    port: echo.port, path: "/echo/a", headers: ["Sec-WebSocket-Protocol: x, gammonguru.v1"])
                #expect(client.handshake.status == 101)
                #expect(client.handshake.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                #expect(client.handshake.header("Sec-WebSocket-Protocol") == "gammonguru.v1")
                #expect(client.handshake.header("Sec-WebSocket-Extensions") == nil)
                #expect(client.handshake.header("X-Filtered") == "yes")
                client.send("Hello ä")
                #expect(client.next()?.text == "Hello ä")
                client.send(9, [1, 2, 3])
                #expect(client.next() == .init(opcode: 10, payload: [1, 2, 3]))
                for count in [0, 125, 126, 16_384] {
                    client.send(2, [UInt8](repeating: 7, count: count))
                    #expect(client.next() == .init(opcode: 2, payload: [UInt8](repeating: 7, count: count)))
                }
                return client
            }
            #expect(await echo.figures.connections == 1)
            #expect(await echo.figures.messages == 10)
            withExtendedLifetime(client) {}
        }
    }

    @Test("takes frames that come in one packet with the handshake, and may speak first")
    func earlyFrames() async throws {
        try await Self.with { echo in
            try await onThread {
                let more = WebSocketClient.frame(1, Array("early".utf8)) + WebSocketClient.frame(9, [])
                let client = try WebSocketClient(port: echo.port, path: "/echo/greet", more: more)
                let payloads = Set((0..<3).map { _ in client.next()?.text })
                #expect(payloads == ["hello", "early", ""])
            }
        }
    }

    @Test("answers a close with the same code, ends the messages, and closes the connection")
    func closedByClient() async throws {
        try await Self.with { echo in
            try await onThread {
                for code: [UInt8] in [[], [3, 0xE9]] {
                    let client = try WebSocketClient(port: echo.port, path: "/echo/a")
                    client.send(8, code)
                    #expect(client.next() == .init(opcode: 8, payload: code))
                    #expect(client.isClosed())
                }
            }
            try await Self.reach { echo.ended.count == 2 && echo.figures.connections == 0 }
        }
    }

    @Test("is closed with 1000 when its handler returns")
    func closedByHandler() async throws {
        try await Self.with { echo in
            try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/echo/a")
                client.send("end")
                #expect(client.next()?.closeCode == 1000)
                client.send(8, [3, 0xE8])
                #expect(client.isClosed())
            }
        }
    }

    @Test("ends when the client vanishes without a word")
    func vanished() async throws {
        try await Self.with { echo in
            try await onThread { _ = try WebSocketClient(port: echo.port, path: "/echo/a") }
            try await Self.reach { echo.ended.count == 1 && echo.figures.connections == 0 }
        }
    }

    @Test(
        "says why it closes on a client that breaks the protocol, behind the answers to what was good",
        arguments: [
            ([0x81, 0x01, 0x61], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
            ([0x82, 0xFE, 0x40, 0x01, 0, 0, 0, 0], 1009), ([0x88, 0x81, 0, 0, 0, 0, 0], 1002),
        ] as [([UInt8], Int)])
    func violations(bytes: [UInt8], code: Int) async throws {
        try await Self.with { echo in
            try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/echo/a")
                client.send("good")
                #expect(client.next()?.text == "good")
                // What follows is thrown away, and must not reset the connection before the client has read why.
                client.sendRaw(bytes + [UInt8](repeating: 0x55, count: 100_000))
                #expect(client.next()?.closeCode == code)
                #expect(client.isClosed())
            }
            #expect(try await RawClient.get("/now", port: echo.port).status == 200)
        }
    }

    @Test("closes with 1013 on a client that does not read, and keeps serving others")
    func slowReader() async throws {
        try await Self.with { echo in
            let (client, other) = try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/push")
                client.send("go")
                return (client, try WebSocketClient(port: echo.port, path: "/echo/a"))
            }
            while await echo.figures.connections == 2 {
                try await onThread {
                    other.send("x")
                    #expect(other.next()?.text == "x")
                }
            }
            let last = try await onThread {
                var last: WebSocketClient.Frame?
                while last?.opcode != 8, let frame = client.next() { last = frame }
                return last
            }
            #expect(last?.closeCode == 1013)
            try await Self.reach { echo.ended.count == 1 }
        }
    }

    @Test("leaves what the handler does not take in the kernel, and delivers it later, in order")
    func slowHandler() async throws {
        try await Self.with { echo in
            try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/late")
                let payload = [UInt8](repeating: 1, count: 16_000)
                for index in 0..<40 { client.send(2, [UInt8(index)] + payload) }
                #expect(client.next(within: .milliseconds(100)) == nil)
                Task { @Loop in echo.gate.fulfil(()) }
                #expect((0..<40).map { _ in client.next()?.payload.first } == (0..<40).map { UInt8($0) })
            }
        }
    }

    @Test("asks a silent client whether it is there, keeps the one that answers and cuts the one that does not")
    func pings() async throws {
        let change: @Sendable (inout WebSocketOptions) -> Void = {
            $0.pingEvery = .milliseconds(50)
            $0.patience = .milliseconds(500)
        }
        try await Self.with(change) { echo in
            try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/echo/a")
                for _ in 0..<3 {
                    #expect(client.next()?.opcode == 9)
                    client.send(10, [])
                }
                #expect(client.next()?.opcode == 9)
                #expect(client.isClosed())
            }
            try await Self.reach { echo.ended.count == 1 }
        }
    }

    @Test("does not wait for ever for a client that never answers a close")
    func closeDeadline() async throws {
        try await Self.with({ $0.patience = .milliseconds(100) }) { echo in
            try await onThread {
                let client = try WebSocketClient(port: echo.port, path: "/echo/a")
                client.send("end")
                #expect(client.next()?.closeCode == 1000)
                #expect(client.isClosed())
            }
        }
    }

    @Test("is refused when there are too many, with 426 for an ordinary request, and 405 for another method")
    func refusals() async throws {
        try await Self.with({ $0.connections = 1 }) { echo in
            try await onThread {
                let first = try WebSocketClient(port: echo.port, path: "/echo/a")
                #expect(first.handshake.status == 101)
                #expect(try WebSocketClient(port: echo.port, path: "/echo/a").handshake.status == 503)
                let strange = ["Origin: https://evil.example.org"]
                #expect(try WebSocketClient(port: echo.port, path: "/echo/a", headers: strange).handshake.status == 403)
                first.send("x")
                #expect(first.next()?.text == "x")
            }
            let plain = try await RawClient.get("/echo/a", port: echo.port)
            #expect(plain.status == 426)
            #expect(plain.header("Upgrade") == "websocket")
        }
    }

    @Test("is told 1012 when the server stops, behind what its handler had begun")
    func stop() async throws {
        try await Self.with { echo in
            let (idle, late) = try await onThread {
                let idle = try WebSocketClient(port: echo.port, path: "/echo/a")
                let late = try WebSocketClient(port: echo.port, path: "/late")
                late.send("begun")
                // The server answers what comes in in its order: behind this answer it has the message.
                late.send(9, [])
                #expect(late.next()?.opcode == 10)
                return (idle, late)
            }
            async let frames = onThread {
                #expect(idle.next()?.closeCode == 1012)
                idle.send(8, [3, 0xF4])
                #expect(idle.isClosed())
                Task { @Loop in echo.gate.fulfil(()) }
                let frames = (0..<3).map { _ in late.next() }
                late.send(8, [3, 0xF4])
                return frames
            }
            await echo.server.stop(within: .seconds(60))
            let (begun, last, close) = try await (frames[0], frames[1], frames[2])
            #expect(begun?.text == "begun")
            #expect(last?.text == "last")
            #expect(close?.closeCode == 1012)
            #expect(await echo.ended.count == 2)
        }
    }

    @Test("has its time to end also when a request hangs")
    func stopBesideHangingRequest() async throws {
        try await Self.with { echo in
            let client = try await onThread { try WebSocketClient(port: echo.port, path: "/late") }
            async let hanging = RawClient.get("/never", port: echo.port, within: .seconds(60))
            #expect(await echo.started.value(within: .seconds(30)) != nil)
            async let stopped: Void = echo.server.stop(within: .seconds(3))
            let frames = try await onThread {
                Task { @Loop in
                    try? await Loop.sleep(for: .milliseconds(200))
                    echo.gate.fulfil(())
                }
                return (client.next(), client.next())
            }
            #expect(frames.0?.text == "last")
            #expect(frames.1?.closeCode == 1012)
            await stopped
            #expect(try await hanging.status == 503)
        }
    }

    @Test("does not hold up a stop beyond its limit")
    func stopLimit() async throws {
        try await Self.with { echo in
            let client = try await onThread { try WebSocketClient(port: echo.port, path: "/late") }
            await echo.server.stop(within: .milliseconds(200))
            try await onThread {
                #expect(client.next()?.closeCode == 1012)
                #expect(client.isClosed())
            }
        }
    }

    @Test("costs no connection of the HTTP server while it is open")
    func connections() async throws {
        try await Self.with { echo in
            let clients = try await onThread {
                // More than `HTTPServer.Limits.connectionsPerAddress`.
                try (0..<1000).map { _ in try WebSocketClient(port: echo.port, path: "/echo/a") }
            }
            #expect(try await RawClient.get("/now", port: echo.port).status == 200)
            #expect(await echo.figures.connections == 1000)
            try await onThread {
                clients[999].send("x")
                #expect(clients[999].next()?.text == "x")
            }
        }
    }

    /// Returns when `condition` holds; fails after 30 s.
    @Loop private static func reach(_ condition: @Loop () -> Bool) async throws {
        let deadline = Loop.now.advanced(by: .seconds(30))
        while !condition() {
            guard Loop.now < deadline else { throw TestKitError("what was waited for did not happen") }
            try await Loop.sleep(for: .milliseconds(2))
        }
    }
}
