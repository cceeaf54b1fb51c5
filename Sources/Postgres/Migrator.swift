public import EventLoop

/// One step of the schema. Steps that have been released are never changed, only followed by others.
public struct Migration: Sendable, Hashable {
    /// Counts up from 1.
    public let version: Int
    public let name: String
    /// Statements, run in one transaction.
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// Brings the schema up to date. Safe when several processes do it at once, and when one dies in the middle.
@Loop
public struct Migrator {
    /// Names our advisory lock among all of the database: "gammon" in ASCII.
    private static nonisolated let lockKey = "113668145377134"

    /// What one step may take; creating an index on a large table takes long.
    private static nonisolated let stepLimit = Duration.seconds(60)
    static nonisolated let connectLimit = Duration.seconds(2)
    private static nonisolated let statementLimit = Duration.seconds(5)

    let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let lockLimit: Duration

    /// `migrations` in the order of their versions. Waits at most `lockLimit` for another process that migrates.
    public init(
        _ configuration: PostgresConfiguration, _ migrations: [Migration], lockLimit: Duration = .seconds(30)
    ) {
        self.configuration = configuration.limitingStatements(to: Self.stepLimit)
        self.migrations = migrations
        self.lockLimit = lockLimit
    }

    /// Applies what is missing and returns its versions; nothing when the schema is up to date.
    ///
    /// Versions in the database that this program does not know are left alone: an old program works on a newer schema.
    public func run() async throws(PostgresError) -> [Int] {
        let connection = try await PostgresConnection.open(self.configuration, within: Self.connectLimit)
        // Ends the lock too, and rolls back what is not committed.
        defer { connection.close() }
        // Without the lock first: most starts find nothing to do, and none of them shall wait for another.
        if try await self.missing(connection).isEmpty { return [] }
        try await self.lock(connection)
        try await connection.execute(
            """
            create table if not exists schema_migrations (
                version integer primary key,
                name text not null,
                applied_at timestamptz not null default now()
            )
            """, within: Self.statementLimit)
        var applied: [Int] = []
        for migration in try await self.missing(connection) {
            let record =
                "insert into schema_migrations (version, name) values (\(migration.version), '\(migration.name)')"
            try await connection.execute(
                "begin;\n\(migration.sql);\n\(record);\ncommit;", within: Self.stepLimit)
            applied.append(migration.version)
        }
        return applied
    }

    func missing(_ connection: PostgresConnection) async throws(PostgresError) -> [Migration] {
        let table = try await connection.query(
            "select to_regclass('schema_migrations') is not null", within: Self.statementLimit)
        guard table.rows.first?.first == "t" else { return self.migrations }
        let known = try await connection.query("select version from schema_migrations", within: Self.statementLimit)
        let versions = Set(known.rows.indices.compactMap { known.integer($0, 0) })
        return self.migrations.filter { !versions.contains($0.version) }
    }

    /// Tries again and again instead of waiting in the server, where a deadline of ours would cost the connection.
    private func lock(_ connection: PostgresConnection) async throws(PostgresError) {
        let deadline = Loop.now.advanced(by: self.lockLimit)
        while true {
            let answer = try await connection.query(
                "select pg_try_advisory_lock(\(Self.lockKey))", within: Self.statementLimit)
            if answer.rows.first?.first == "t" { return }
            guard Loop.now < deadline, (try? await Loop.sleep(for: .milliseconds(50))) != nil else {
                throw PostgresError(code: .timeout, message: "another process has been migrating for too long")
            }
        }
    }
}
