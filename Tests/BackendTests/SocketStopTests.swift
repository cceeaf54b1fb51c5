import Glibc
import ServiceTestKit
import Testing

@Suite("Stopping the backend's process with WebSockets open", .serialized)
struct SocketStopTests {
    private static let code = 1012

    @Test("tells clients to come back (1012), and ends with 0 as soon as they have said goodbye")
    func polite() async throws {
        let server = try await PostgresServer.make()
        let backend = try BackendProcess.start(server.url(), with: ["SHUTDOWN_SECONDS": "60"])
        #expect(try await backend.becomes(200, within: .seconds(30)))
        let port = backend.port
        try await onThread {
            var clients = try (0..<20).map { _ in try WebSocketClient(port: port, path: "/ws") }
            #expect(clients.allSatisfy { $0.handshake.status == 101 })
            backend.child.kill(SIGTERM)
            // Taken out, so that it ends its connection when it is through.
            while let client = clients.popLast() {
                let frame = try #require(client.next(within: .seconds(20)))
                #expect(frame.opcode == 8 && frame.closeCode == Self.code)
                client.send(8, frame.payload)
                #expect(client.isClosed(within: .seconds(20)))
            }
            // Far less than it would have waited for somebody who says nothing.
            #expect(backend.child.waitForExit(within: .seconds(30)) == 0)
        }
        #expect(backend.child.text.hasSuffix("\"msg\":\"stopped\"}\n"))
    }

    @Test("waits SHUTDOWN_SECONDS for clients that say nothing, has told them 1012 all the same, and ends with 0")
    func silent() async throws {
        let server = try await PostgresServer.make()
        let backend = try BackendProcess.start(server.url(), with: ["SHUTDOWN_SECONDS": "2"])
        #expect(try await backend.becomes(200, within: .seconds(30)))
        let port = backend.port
        try await onThread {
            let clients = try (0..<20).map { _ in try WebSocketClient(port: port, path: "/ws") }
            let began = ContinuousClock.now
            backend.child.kill(SIGTERM)
            // Docker's own patience is 10 s, and this is far from it.
            #expect(backend.child.waitForExit(within: .seconds(20)) == 0)
            #expect(began.duration(to: .now) >= .seconds(2))
            for client in clients { #expect(client.next()?.closeCode == Self.code) }
        }
    }

    @Test("refuses WebSockets that come while it stops")
    func late() async throws {
        let server = try await PostgresServer.make()
        let backend = try BackendProcess.start(server.url(), with: ["SHUTDOWN_SECONDS": "5"])
        #expect(try await backend.becomes(200, within: .seconds(30)))
        let port = backend.port
        try await onThread {
            // Keeps the process waiting; and a connection that was there before.
            let silent = try WebSocketClient(port: port, path: "/ws")
            let early = try RawClient(port: port)
            early.send("GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(early.answer(within: .seconds(20))?.status == 200)
            backend.child.kill(SIGTERM)
            #expect(silent.next(within: .seconds(20))?.closeCode == Self.code)
            #expect(throws: (any Error).self) { try WebSocketClient(port: port, path: "/ws") }
            early.send(
                "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            #expect(early.answer(within: .seconds(20))?.status == 503)
            #expect(backend.child.waitForExit(within: .seconds(30)) == 0)
        }
    }
}
