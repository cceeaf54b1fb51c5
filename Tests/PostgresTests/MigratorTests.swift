import EventLoop
import ServiceTestKit
import Testing

@testable import Postgres

@Suite("The migrator")
struct MigratorTests {
    private static let server = Task { try await PostgresServer.make() }

    private static let migrations = [
        Migration(version: 1, name: "first", sql: "create table first (id int); insert into first values (1)"),
        Migration(version: 2, name: "second", sql: "create table second (id int)"),
    ]

    init() { Loop.startThread() }

    /// A database of the test's own.
    private func database(_ name: String) async throws -> (PostgresServer, PostgresConfiguration) {
        let server = try await Self.server.value
        _ = try await onThread { try server.sql("create database \(name)") }
        return (server, try server.configuration(database: name))
    }

    @Test("applies what is missing, once")
    @Loop func applies() async throws {
        let (server, configuration) = try await self.database("applies")
        #expect(try await Migrator(configuration, Self.migrations.dropLast()).run() == [1])
        #expect(try await Migrator(configuration, Self.migrations).run() == [2])
        #expect(try await Migrator(configuration, Self.migrations).run() == [])
        let record = try await onThread {
            try server.sql("select version, name from schema_migrations order by 1", database: "applies")
        }
        #expect(record == "1|first\n2|second")
    }

    @Test("leaves the versions of a newer program alone")
    @Loop func newerSchema() async throws {
        let (_, configuration) = try await self.database("newer")
        _ = try await Migrator(configuration, Self.migrations).run()
        #expect(try await Migrator(configuration, Self.migrations.dropLast()).run() == [])
    }

    @Test("applies each step once when many run at the same time")
    @Loop func together() async throws {
        let (server, configuration) = try await self.database("together")
        let runs = (0..<6).map { _ in Task { @Loop in try await Migrator(configuration, Self.migrations).run() } }
        var applied: [Int] = []
        for run in runs { applied += try await run.value }
        #expect(applied.sorted() == [1, 2])
        #expect(try await onThread { try server.sql("select count(*) from first", database: "together") } == "1")
    }

    @Test("undoes a step that fails, keeps those before it, and goes on when it is mended")
    @Loop func failure() async throws {
        let (server, configuration) = try await self.database("failure")
        let broken = Migration(version: 2, name: "second", sql: "create table half (id int); select no_such_column")
        let error = await #expect(throws: PostgresError.self) {
            try await Migrator(configuration, [Self.migrations[0], broken]).run()
        }
        #expect(error?.code == .queryFailed)
        let tables = try await onThread {
            try server.sql("select to_regclass('first') is null, to_regclass('half') is null", database: "failure")
        }
        #expect(tables == "f|t")
        #expect(try await Migrator(configuration, Self.migrations).run() == [2])
    }

    @Test("does not wait for ever for another one that is stuck")
    @Loop func stuckLock() async throws {
        let (_, configuration) = try await self.database("stuck")
        let holder = try await PostgresConnection.open(configuration, within: .seconds(5))
        _ = try await holder.query("select pg_advisory_lock(113668145377134)", within: .seconds(5))
        let error = await #expect(throws: PostgresError.self) {
            try await Migrator(configuration, Self.migrations, lockLimit: .milliseconds(300)).run()
        }
        #expect(error?.code == .timeout)
        holder.close()
        #expect(try await Migrator(configuration, Self.migrations).run() == [1, 2])
    }
}
