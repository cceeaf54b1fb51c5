import EventLoop
import ServiceTestKit
import Testing

@testable import Postgres

// One after the other: several make a server of their own, which is work for the whole machine.
@Suite("A pool of connections to PostgreSQL", .serialized)
struct PostgresPoolTests {
    /// One server for all tests that leave it as it is.
    private static let server = Task { try await PostgresServer.make() }

    init() { Loop.startThread() }

    private static nonisolated func limits(_ connections: Int) -> PostgresPool.Limits {
        var limits = PostgresPool.Limits()
        limits.connections = connections
        // Generous, for machines that are busy with something else.
        limits.connect = .seconds(20)
        limits.wait = .seconds(30)
        limits.statement = .seconds(30)
        limits.transaction = .seconds(60)
        return limits
    }

    @Loop private static func failure(_ body: @Loop () async throws -> Void) async -> PostgresError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? PostgresError
        }
    }

    /// Throws when it does not within a generous time.
    @Loop private static func becomesUsable(_ pool: PostgresPool) async throws {
        let deadline = Loop.now.advanced(by: .seconds(30))
        while let error = await Self.failure({ _ = try await pool.query("select 1") }) {
            guard Loop.now < deadline else { throw error }
            try await Loop.sleep(for: .milliseconds(20))
        }
    }

    @Test("sends arrays as they are: empty, with NULL, with what has to be quoted, and with the largest numbers")
    @Loop func arrays() async throws {
        let pool = PostgresPool(try await Self.server.value.configuration(), Self.limits(1))
        let texts: [String?] = ["", nil, "NULL", "{a,\"b\"}", "\\ ä😀\n", String(repeating: "x", count: 100_000)]
        let numbers: [Int?] = [0, nil, -1, .min, .max, 7]
        let rows = try await pool.query(
            "select * from unnest($1::text[], $2::bigint[])", [.texts(texts), .integers(numbers)])
        let read = try rows.decoded(as: String?.self, Int?.self)
        #expect(read.map(\.0) == texts && read.map(\.1) == numbers)
        let none = try await pool.query(
            "select cardinality($1::text[]), cardinality($2::bigint[])", [.texts([]), .integers([])])
        let counts = try #require(try none.first(as: Int.self, Int.self))
        #expect(counts == (0, 0))
        let refused = await Self.failure { _ = try await pool.query("select $1::text[]", [.texts(["a", "b\0"])]) }
        #expect(refused?.sqlState == "22021")
        pool.close()
    }

    @Test("a kept statement is parsed once for each connection, also after one that failed, and again for the next")
    @Loop func keptStatements() async throws {
        let pool = PostgresPool(try await Self.server.value.configuration(), Self.limits(1))
        let sql = "select 10 / $1::int"
        func kept() async throws -> Int? {
            try await pool.query("select count(*) from pg_prepared_statements where not from_sql").integer(0, 0)
        }
        for divisor in [1, 2, 5] {
            let rows = try await pool.query(sql, [.integer(divisor)], isKept: true)
            #expect(rows.integer(0, 0) == 10 / divisor)
        }
        #expect(try await kept() == 1)
        let failed = await Self.failure { _ = try await pool.query(sql, [0], isKept: true) }
        #expect(failed?.sqlState == "22012")
        // What could not be parsed is not kept.
        for _ in 1...2 {
            let nonsense = await Self.failure { _ = try await pool.query("select nonsense", isKept: true) }
            #expect(nonsense?.sqlState == "42703")
        }
        let again = try await pool.query(sql, [10], isKept: true)
        #expect(again.integer(0, 0) == 1)
        #expect(try await kept() == 1)
        // The connection ends, and what it kept with it.
        let ended = await Self.failure { _ = try await pool.query("select pg_terminate_backend(pg_backend_pid())") }
        #expect(ended != nil)
        let anew = try await pool.query(sql, [10], isKept: true)
        #expect(anew.integer(0, 0) == 1)
        #expect(try await kept() == 1)
        let value = try await pool.transaction { transaction in
            try await transaction.query(sql, [2], isKept: true).integer(0, 0)
        }
        #expect(value == 5)
        #expect(try await kept() == 1)
        pool.close()
    }

    @Test("reads typed rows, binary parameters and NULL included")
    @Loop func typedRows() async throws {
        let pool = PostgresPool(try await Self.server.value.configuration(), Self.limits(1))
        let rows = try await pool.query(
            "select $1::bytea, $2::int, $3::bool, $4::text", [.bytes([0, 255, 16]), 7, true, nil])
        let row = try #require(try rows.first(as: [UInt8].self, Int.self, Bool.self, String?.self))
        #expect(row.0 == [0, 255, 16] && row.1 == 7 && row.2 && row.3 == nil)
        for wrong in [
            await Self.failure { _ = try rows.first(as: [UInt8].self, Int.self, Bool.self) },
            await Self.failure { _ = try rows.first(as: [UInt8].self, Int.self, Bool.self, String.self) },
            await Self.failure { _ = try rows.first(as: Int.self, Int.self, Bool.self, String?.self) },
        ] {
            #expect(wrong?.code == .unexpectedAnswer)
        }
        pool.close()
    }

    @Test("refuses text with a NUL instead of cutting it off")
    @Loop func nul() async throws {
        let pool = PostgresPool(try await Self.server.value.configuration(), Self.limits(1))
        #expect(await Self.failure { _ = try await pool.query("select $1::text", ["a\0b"]) }?.sqlState == "22021")
        pool.close()
    }

    @Test("never opens more than its most, and serves all in line")
    @Loop func bound() async throws {
        let server = try await PostgresServer.make()
        let pool = PostgresPool(try server.configuration(), Self.limits(3))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 {
                group.addLoopTask { _ = try await pool.query("select pg_sleep(0.01)") }
            }
            try await group.waitForAll()
        }
        let open = try await pool.query(
            "select count(*) from pg_stat_activity where application_name = 'gammonguru'")
        #expect(open.integer(0, 0) == 3)
        pool.close()
    }

    @Test("refuses at once when the line is full, and after its limit when nothing becomes free")
    @Loop func fullLine() async throws {
        var limits = Self.limits(1)
        limits.waiting = 1
        limits.wait = .milliseconds(300)
        let pool = PostgresPool(try await Self.server.value.configuration(), limits)
        try await Self.becomesUsable(pool)
        try await pool.transaction { _ in
            let first = Task { @Loop in await Self.failure { _ = try await pool.query("select 1") } }
            try await Loop.sleep(for: .milliseconds(50))
            #expect(await Self.failure { _ = try await pool.query("select 1") }?.message.contains("too many") == true)
            #expect(await first.value?.code == .overloaded)
        }
        _ = try await pool.query("select 1")
        pool.close()
    }

    @Test("undoes a transaction whose body throws, keeps one that returns")
    @Loop func transactions() async throws {
        struct Refusal: Error {}
        let pool = PostgresPool(try await Self.server.value.configuration(), Self.limits(1))
        _ = try await pool.query("create table pool_test (v int)")
        try await pool.transaction { _ = try await $0.query("insert into pool_test values (1)") }
        await #expect(throws: Refusal.self) {
            try await pool.transaction {
                _ = try await $0.query("insert into pool_test values (2)")
                throw Refusal()
            }
        }
        #expect(try await pool.query("select v from pool_test").rows == [["1"]])
        pool.close()
    }

    @Test("does not use a connection that the server ended, and is of use after a restart")
    @Loop func restart() async throws {
        let server = try await PostgresServer.make()
        let pool = PostgresPool(try server.configuration(), Self.limits(2))
        _ = try await pool.query("select 1")
        try await onThread {
            try server.stop()
            try server.start()
        }
        #expect(try await pool.query("select 1").rows == [["1"]])
        pool.close()
    }

    @Test("waits out a short outage, fails fast in a long one, and comes back")
    @Loop func outage() async throws {
        let server = try await PostgresServer.make()
        var limits = Self.limits(2)
        limits.wait = .milliseconds(500)
        let pool = PostgresPool(try server.configuration(), limits)
        let running = Task { @Loop in await Self.failure { _ = try await pool.query("select pg_sleep(60)") } }
        try await Loop.sleep(for: .milliseconds(200))
        try await onThread { try server.stop() }
        let ended = try #require(await running.value)
        #expect(ended.isPassing, "\(ended)")
        for _ in 0..<3 {
            let error = await Self.failure { _ = try await pool.query("select 1") }
            #expect(error?.isPassing == true)
        }
        try await onThread { try server.start() }
        try await Self.becomesUsable(pool)
        pool.close()
    }

    @Test("cuts off a frozen server by its own deadline, and uses it again when it is back")
    @Loop func frozen() async throws {
        let server = try await PostgresServer.make()
        var limits = Self.limits(2)
        limits.statement = .milliseconds(300)
        limits.connect = .milliseconds(300)
        limits.wait = .milliseconds(300)
        let pool = PostgresPool(try server.configuration(), limits)
        try await Self.becomesUsable(pool)
        server.freeze()
        for _ in 0..<3 {
            #expect(await Self.failure { _ = try await pool.query("select 1") }?.code == .timeout)
        }
        server.thaw()
        try await Self.becomesUsable(pool)
        pool.close()
    }

    @Test("goes on with the connections it has when the server has no more for it")
    @Loop func tooManyConnections() async throws {
        let server = try await PostgresServer.make()
        _ = try await onThread {
            try server.sql("create role few login password 'few-pass' connection limit 2")
        }
        let url = "postgresql://few:few-pass@127.0.0.1:\(server.port)/postgres"
        let pool = PostgresPool(try PostgresConfiguration(url: url), Self.limits(8))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addLoopTask { _ = try await pool.query("select pg_sleep(0.005)") }
            }
            try await group.waitForAll()
        }
        pool.close()
    }

    @Test("says that a read-only server takes no writes, and reads on")
    @Loop func readOnly() async throws {
        let server = try await PostgresServer.make()
        _ = try await onThread { try server.sql("alter database postgres set default_transaction_read_only = on") }
        let pool = PostgresPool(try server.configuration(), Self.limits(1))
        let error = await Self.failure { _ = try await pool.query("create table t (v int)") }
        #expect(error?.code == .readOnly && error?.isPassing == true)
        #expect(try await pool.query("select 1").rows == [["1"]])
        pool.close()
    }
}
