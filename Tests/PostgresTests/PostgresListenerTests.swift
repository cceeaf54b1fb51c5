import EventLoop
import Postgres
import ServiceTestKit
import Testing

@Suite("A listener for PostgreSQL's notifications")
struct PostgresListenerTests {
    init() { Loop.startThread() }

    @Loop private final class Heard {
        var events: [PostgresListener.Event] = []

        func last(_ condition: (PostgresListener.Event) -> Bool) async throws {
            let deadline = Loop.now.advanced(by: .seconds(30))
            while self.events.last.map(condition) != true {
                try #require(Loop.now < deadline)
                try await Loop.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("hands on what is sent, says when it was away, and hears again after the server's restart")
    @Loop func reconnect() async throws {
        let server = try await PostgresServer.make()
        let listener = PostgresListener(try server.configuration(), channels: ["games", "queue"])
        let heard = Heard()
        let listening = Task { @Loop in await listener.run { heard.events.append($0) } }
        try await heard.last { $0 == .connected }
        _ = try await onThread { try server.sql("notify queue, 'one'") }
        try await heard.last { $0 == .notification(channel: "queue", payload: "one") }
        try await onThread {
            try server.stop()
            try server.start()
        }
        try await heard.last { $0 == .connected }
        _ = try await onThread { try server.sql("notify games, 'two'") }
        try await heard.last { $0 == .notification(channel: "games", payload: "two") }
        #expect(heard.events.count { if case .disconnected = $0 { true } else { false } } == 1)
        #expect(heard.events.count == 5)
        listening.cancel()
        await listening.value
    }
}
