public import EventLoop

/// A transaction in progress, for the body of ``PostgresPool/transaction(_:)`` and not beyond.
@Loop
public final class PostgresTransaction {
    private let connection: PostgresConnection
    private let statementLimit: Duration
    private let deadline: SuspendingClock.Instant

    init(_ connection: PostgresConnection, statementLimit: Duration, deadline: SuspendingClock.Instant) {
        self.connection = connection
        self.statementLimit = statementLimit
        self.deadline = deadline
    }

    /// Runs one statement with `parameters` in place of `$1`, `$2`, … and returns its rows. After one that failed only
    /// the end of the transaction can follow. `isKept` as in ``PostgresConnection/query(_:_:isKept:within:)``.
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], isKept: Bool = false
    ) async throws(PostgresError) -> PostgresRows {
        try await self.connection.query(sql, parameters, isKept: isKept, within: self.left)
    }

    /// `begin`, `commit` or `rollback`.
    func control(_ command: String) async throws(PostgresError) {
        try await self.connection.execute(command, within: self.left)
    }

    private var left: Duration { min(self.statementLimit, Loop.now.duration(to: self.deadline)) }
}
