import EventLoop
import ServiceTestKit
import Testing

@testable import Postgres

@Suite("A link to PostgreSQL")
struct PostgresLinkTests {
    init() { Loop.startThread() }

    @Test("survives the restart of the server, within one statement, and uses one connection")
    @Loop func restart() async throws {
        let server = try await PostgresServer.make()
        let link = PostgresLink(try server.configuration())
        for _ in 0..<3 { _ = try await link.query("select 1", within: .seconds(5)) }
        let backend = try await link.query("select pg_backend_pid()", within: .seconds(5)).integer(0, 0)
        // Ended behind the link's back.
        _ = try await onThread { try server.sql("select pg_terminate_backend(\(backend ?? 0))") }
        #expect(try await link.query("select 1", within: .seconds(5)).rows == [["1"]])
        try await onThread { try server.stop() }
        let error = await #expect(throws: PostgresError.self) {
            try await link.query("select 1", within: .seconds(10))
        }
        #expect(error?.code == .refused)
        try await onThread { try server.start() }
        #expect(try await link.query("select 1", within: .seconds(5)).rows == [["1"]])
        let count = try await link.query(
            "select count(*) from pg_stat_activity where application_name = 'gammonguru'", within: .seconds(5))
        #expect(count.integer(0, 0) == 1)
        link.close()
    }

    @Test("misses its deadline while the server is frozen, and is of use again right after")
    @Loop func frozen() async throws {
        let server = try await PostgresServer.make()
        let link = PostgresLink(try server.configuration())
        _ = try await link.query("select 1", within: .seconds(5))
        server.freeze()
        for _ in 0..<3 {
            let began = Loop.now
            let error = await #expect(throws: PostgresError.self) {
                try await link.query("select 1", within: .milliseconds(300))
            }
            #expect(error?.code == .timeout)
            #expect(began.duration(to: Loop.now) < .seconds(4))
        }
        server.thaw()
        #expect(try await link.query("select 1", within: .seconds(5)).rows == [["1"]])
        link.close()
    }
}
