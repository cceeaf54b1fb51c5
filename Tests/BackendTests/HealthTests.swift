import EventLoop
import Glibc
import Postgres
import ServiceTestKit
import Testing

@testable import Backend

/// The program and a real PostgreSQL, each test with its own of both.
@Suite("The backend's health", .serialized)
struct HealthTests {
    @Test("is told in full, and keeps every secret out of answers and log")
    func answers() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        _ = try await onThread { try server.sql("insert into users (name) values ('a'), ('b')") }
        let full = try await backend.get("/health")
        #expect(full.status == 200)
        #expect(full.header("Content-Type") == "application/health+json")
        #expect(full.header("X-Content-Type-Options") == "nosniff")
        #expect(full.header("Cache-Control") == "no-store")
        for part in [
            "\"status\":\"pass\"", "\"app\":\"ok\"", "\"db\":\"ok\"", "\"users\":{\"count\":2,\"estimated\":false}",
            "\"games\":{\"count\":0,\"estimated\":false}", "\"uptimeSeconds\":", "\"memoryBytes\":",
            "\"webSocket\":{\"connections\":0,\"messages\":0}", "\"environment\":\"production\"",
            "\"version\":\"\(backendVersion)\"", "\"commit\":\"abc123\"",
        ] { #expect(full.body.contains(part)) }
        let inside = try await backend.get("/health/internal")
        #expect(inside.status == 200)
        #expect(inside.body.hasPrefix("{\"status\":\"pass\",\"app\":\"ok\",\"db\":\"ok\",\"checks\":{"))
        #expect(inside.header("X-Content-Type-Options") == nil)
        #expect(try await backend.get("/health/live").body == "{\"status\":\"pass\"}\n")
        #expect(try await backend.get("/other").status == 404)
        let check = try await BackendProcess.run(["healthcheck"], environment: ["PORT": "\(backend.port)"])
        #expect(check.status == 0)
        #expect(check.text.contains("\"db\":\"ok\""))
        try await onThread { try server.stop() }
        let down = try await backend.get("/health")
        #expect(down.status == 503)
        let log = backend.child.text
        #expect(log.contains("\"msg\":\"Server listening on :\(backend.port)\""))
        #expect(log.contains("\"msg\":\"request\",\"id\":") && log.contains("\"path\":\"/other\",\"status\":404"))
        #expect(!log.contains("\"path\":\"/health"))
        for secret in Array(BackendProcess.secrets.values) + [PostgresServer.password] {
            #expect(!(log + full.body + inside.body + down.body).contains(secret))
        }
    }

    @Test("is 503 in time while the database is frozen, the loop stays quick, and it is 200 soon after")
    func frozen() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        #expect(try await backend.get("/health").status == 200)
        server.freeze()
        for path in ["/health/internal", "/health", "/health/internal"] {
            async let answer = backend.get(path)
            var fastest = Duration.seconds(60)
            for _ in 0..<5 {
                let live = try await backend.get("/health/live")
                #expect(live.status == 200)
                // A loop that waits for the database would take the whole second.
                #expect(live.took < .milliseconds(500))
                fastest = min(fastest, live.took)
            }
            // The fastest, as other tests run at the same time.
            #expect(fastest < .milliseconds(50))
            let down = try await answer
            #expect(down.status == 503)
            #expect(down.took < .milliseconds(1_200))
            #expect(down.body.contains("\"app\":\"ok\",\"db\":\"down\""))
            #expect(down.body.contains("timeout"))
        }
        server.thaw()
        #expect(try await backend.becomes(200, within: .seconds(1)))
        #expect(try await backend.becomes(200, "/health", within: .seconds(1)))
    }

    @Test("200 callers at once share what one costs, with the database frozen and well")
    func crowd() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        #expect(try await backend.get("/health").status == 200)
        // Four: two of the program's health, one of the schema, one of `psql` while the server started.
        let connections = server.logCount("connection authorized")
        server.freeze()
        let frozen = try await Self.crowd(200, "/health/internal", backend.port)
        #expect(frozen.count == 200)
        #expect(frozen.allSatisfy { $0.status == 503 && $0.took < .milliseconds(1_500) })
        server.thaw()
        #expect(try await backend.becomes(200, within: .seconds(1)))
        // One attempt may have been under way while frozen, and the one that succeeded.
        #expect(server.logCount("connection authorized") - connections <= 2)
        let well = try await Self.crowd(200, "/health/internal", backend.port)
        #expect(well.allSatisfy { $0.status == 200 })
        let open = try await onThread {
            try server.sql("select count(*) from pg_stat_activity where application_name = 'gammonguru'")
        }
        // Two of health, one of the games' pool, and the one that listens to what other instances do.
        #expect(try #require(Int(open)) <= 4)
    }

    /// `count` requests whose sending has ended before the first answer is waited for.
    private static func crowd(_ count: Int, _ path: String, _ port: UInt16) async throws -> [RawClient.Answer] {
        try await onThread {
            let began = ContinuousClock.now
            let clients = try (0..<count).map { _ in try RawClient(port: port) }
            for client in clients { client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n") }
            return clients.compactMap { client in
                var answer = client.answer()
                answer?.took = began.duration(to: .now)
                return answer
            }
        }
    }

    @Test("a million rows don't slow the counts, which are estimated then")
    func manyRows() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        _ = try await onThread {
            try server.sql("insert into users (name) select 'user ' || i from generate_series(1, 1000000) i")
        }
        let before = try await backend.get("/health")
        // Nobody has counted or analysed yet: at least what was counted, and said to be an estimate.
        #expect(before.status == 200)
        #expect(before.body.contains("\"estimated\":true"))
        _ = try await onThread { try server.sql("vacuum analyze users") }
        let after = try await backend.get("/health")
        #expect(after.status == 200)
        #expect(after.took < .milliseconds(100))
        let field = try #require(after.body.firstRange(of: "\"users\":{\"count\":"))
        let count = try #require(Int(after.body[field.upperBound...].prefix { $0.isNumber }))
        #expect(count > 950_000 && count < 1_050_000)
        #expect(after.body.contains("\"users\":{\"count\":\(count),\"estimated\":true}"))
        // In the planner's units: a row that is read costs about a hundredth, so a count of all would be over 10 000.
        let plan = try await onThread { try server.sql("explain " + TableCount.sql(["users", "games"])) }
        let cost = plan.firstRange(of: "..").map { plan[$0.upperBound...].prefix { $0 != " " } }
        #expect(try #require(cost.flatMap { Double($0) }) < 1_000)
    }

    @Test("waits for a database that is not there yet, and is 200 within a second of its coming")
    func lateDatabase() async throws {
        let server = try await PostgresServer.make(started: false)
        let backend = try BackendProcess.start(server.url())
        #expect(try await backend.becomes(503, within: .seconds(5)))
        let down = try await backend.get("/health/internal")
        #expect(down.body.contains("\"app\":\"ok\",\"db\":\"down\"") && down.body.contains("connection refused"))
        #expect(try await backend.get("/health").status == 503)
        #expect(try await backend.get("/health/live").status == 200)
        try await onThread { try server.start() }
        #expect(try await backend.becomes(200, within: .seconds(1)))
        #expect(try await backend.becomes(200, "/health", within: .seconds(1)))
        // And after a restart of the server, without one of the program.
        try await onThread { try server.stop() }
        #expect(try await backend.becomes(503, within: .seconds(1)))
        try await onThread { try server.start() }
        #expect(try await backend.becomes(200, within: .seconds(1)))
    }

    @Test("makes the tables of a database that was dropped and made anew, without a restart")
    func newDatabase() async throws {
        let server = try await PostgresServer.make()
        _ = try await onThread { try server.sql("create database games") }
        let backend = try await BackendProcess.startHealthy(server.url(database: "games"))
        for _ in 0..<2 {
            #expect(try await backend.becomes(200, "/health", within: .seconds(2)))
            _ = try await onThread {
                try server.sql("drop database games with (force)")
                try server.sql("create database games")
            }
            #expect(try await backend.get("/health").status == 503)
        }
        #expect(try await backend.becomes(200, "/health", within: .seconds(2)))
    }

    @Test("is 503 in time while a table is locked, the inside is 200, and the log says so once")
    func lockedTable() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        #expect(try await backend.get("/health").status == 200)
        let configuration = try server.configuration()
        Loop.startThread()
        let lock = try await Self.lock("users", configuration)
        for _ in 0..<4 {
            let down = try await backend.get("/health")
            #expect(down.status == 503)
            #expect(down.took < .milliseconds(1_200))
            #expect(try await backend.get("/health/internal").status == 200)
        }
        await lock.close()
        #expect(try await backend.becomes(200, "/health", within: .seconds(1)))
        #expect(backend.child.text.ranges(of: "rows can't be counted").count == 1)
        #expect(backend.child.text.ranges(of: "rows are counted again").count == 1)
        // Of the start.
        #expect(backend.child.text.ranges(of: "database is well").count == 1)
    }

    @Loop private static func lock(
        _ table: String, _ configuration: PostgresConfiguration
    ) async throws -> PostgresConnection {
        let connection = try await PostgresConnection.open(configuration, within: .seconds(5))
        try await connection.execute("begin; lock table \(table) in access exclusive mode", within: .seconds(5))
        return connection
    }

    @Test("is 200 within 300 ms of a cold start")
    func coldStart() async throws {
        let server = try await PostgresServer.make()
        var best = Duration.seconds(60)
        for _ in 0..<3 {
            let began = ContinuousClock.now
            let backend = try await BackendProcess.startHealthy(server.url())
            best = min(best, began.duration(to: .now))
            backend.child.kill(SIGTERM)
            #expect(try await onThread { backend.child.waitForExit(within: .seconds(5)) } == 0)
        }
        // The best of three: other tests run at the same time.
        #expect(best < .milliseconds(300))
    }
}
