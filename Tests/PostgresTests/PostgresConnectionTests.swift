import EventLoop
import Glibc
import ServiceTestKit
import Testing

@testable import Postgres

@Suite("A connection to PostgreSQL")
struct PostgresConnectionTests {
    /// One server for all tests that leave it as it is.
    private static let server = Task { try await PostgresServer.make() }

    init() { Loop.startThread() }

    @Loop private static func code(
        _ configuration: PostgresConfiguration, within limit: Duration = .seconds(5)
    ) async -> PostgresError? {
        do throws(PostgresError) {
            try await PostgresConnection.open(configuration, within: limit).close()
            return nil
        } catch {
            return error
        }
    }

    @Test("passes parameters and returns rows, NULL included")
    @Loop func rows() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        let answer = try await connection.query(
            "select $1::int + 1, $2::text, $3 from generate_series(1, 2)", ["41", nil, "it's \u{1F3B2}"],
            within: .seconds(5))
        #expect(answer.rows == Array(repeating: ["42", nil, "it's \u{1F3B2}"], count: 2))
        #expect(answer.integer(1, 0) == 42)
        #expect(answer.integer(2, 0) == nil)
        #expect(answer.integer(0, 2) == nil)
        connection.close()
        #expect(!connection.isOpen)
    }

    @Test("is of use after a statement that the server refused")
    @Loop func refusedStatement() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("select no_such_column", within: .seconds(5))
        }
        #expect(error?.code == .queryFailed)
        #expect(error?.sqlState == "42703")
        #expect(try await connection.query("select 1", within: .seconds(5)).rows == [["1"]])
        connection.close()
    }

    @Test("says nothing of rows in its errors")
    @Loop func noRowsInErrors() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        try await connection.execute(
            "create temp table t (v text unique); insert into t values ('private')", within: .seconds(5))
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("insert into t values ('private')", within: .seconds(5))
        }
        #expect(error?.sqlState == "23505")
        #expect(error?.description.contains("private") == false)
        connection.close()
    }

    @Test("moves a large answer and a large parameter")
    @Loop func largeValues() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        let text = String(repeating: "x", count: 8 << 20)
        let answer = try await connection.query(
            "select length($1), repeat('y', 8388608)", [.text(text)], within: .seconds(20))
        #expect(answer.integer(0, 0) == 8 << 20)
        #expect(answer.rows[0][1]?.utf8.count == 8 << 20)
        connection.close()
    }

    @Test("is closed when a statement misses its deadline")
    @Loop func statementDeadline() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        let began = Loop.now
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("select pg_sleep(20)", within: .milliseconds(200))
        }
        let took = began.duration(to: Loop.now)
        #expect(error?.code == .timeout)
        #expect(took >= .milliseconds(200) && took < .seconds(15))
        #expect(!connection.isOpen)
    }

    @Test("lets the server end a statement that runs longer than its limit")
    @Loop func statementTimeout() async throws {
        let configuration = try await Self.server.value.configuration().limitingStatements(to: .milliseconds(100))
        let connection = try await PostgresConnection.open(configuration, within: .seconds(5))
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("select pg_sleep(20)", within: .seconds(10))
        }
        #expect(error?.code == .timeout)
        #expect(error?.sqlState == "57014")
        #expect(connection.isOpen)
        connection.close()
    }

    @Test("can be closed while a statement runs, which then fails")
    @Loop func closedMeanwhile() async throws {
        let connection = try await PostgresConnection.open(Self.server.value.configuration(), within: .seconds(5))
        let began = Loop.now
        Loop.after(.milliseconds(50)) { connection.close() }
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("select pg_sleep(20)", within: .seconds(10))
        }
        #expect(error?.code == .lost)
        #expect(began.duration(to: Loop.now) < .seconds(5))
    }

    @Test("says why it can't be had, without the password")
    @Loop func failures() async throws {
        let server = try await Self.server.value
        let cases: [(String, PostgresError.Code)] = [
            ("postgresql://tester:wrong-pass@127.0.0.1:\(server.port)/postgres", .notAuthorized),
            ("postgresql://tester:\(PostgresServer.password)@127.0.0.1:\(server.port)/nothing", .notAuthorized),
            ("postgresql://tester:wrong-pass@127.0.0.1:\(try RawClient.freePort())/postgres", .refused),
            ("postgresql://tester:wrong-pass@localhost:\(try RawClient.freePort())/postgres", .refused),
            ("postgresql://tester:wrong-pass@no-such-host.invalid/postgres", .unresolvedHost),
        ]
        for (url, code) in cases {
            let error = await Self.code(try PostgresConfiguration(url: url), within: .seconds(3))
            #expect(error?.code == code)
            #expect(error?.description.contains("wrong-pass") == false)
            #expect(error?.description.contains(PostgresServer.password) == false)
        }
    }

    @Test("finds the server by name")
    @Loop func byName() async throws {
        let url = try await Self.server.value.url().replacing("127.0.0.1", with: "localhost")
        #expect(await Self.code(try PostgresConfiguration(url: url)) == nil)
    }

    @Test("finds the server behind a host that has no address")
    @Loop func secondHost() async throws {
        let server = try await Self.server.value
        let url = server.url().replacing("@127.0.0.1", with: "@no-such-host.invalid:1,127.0.0.1")
        #expect(await Self.code(try PostgresConfiguration(url: url)) == nil)
    }

    @Test("is given up at its deadline when nobody answers, neither early nor late")
    @Loop func connectDeadline() async throws {
        // Takes connections, in the kernel, and never says a word: as a frozen server does.
        let port = try RawClient.freePort()
        let listener = try Self.listen(on: port)
        defer { close(listener) }
        let began = Loop.now
        let error = await Self.code(
            try PostgresConfiguration(url: "postgresql://a:b@127.0.0.1:\(port)/c"), within: .milliseconds(300))
        let took = began.duration(to: Loop.now)
        #expect(error?.code == .timeout)
        #expect(took >= .milliseconds(300) && took < .seconds(30))
    }

    private static nonisolated func listen(on port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, Glibc.listen(descriptor, 8) == 0 else { throw TestKitError("no listener: \(errno)") }
        return descriptor
    }
}
