public import EventLoop

/// A connection that is made when it is needed and made anew when it is gone. One statement at a time.
@Loop
public final class PostgresLink {
    private let configuration: PostgresConfiguration
    private var connection: PostgresConnection?

    /// Nothing is connected before the first statement.
    public init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    /// Runs one statement that may safely be run twice, within `limit`, connecting included.
    ///
    /// When the connection turns out to be broken (the server was restarted since the last statement), it is made anew
    /// and the statement repeated, once.
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], within limit: Duration
    ) async throws(PostgresError) -> PostgresRows {
        let deadline = Loop.now.advanced(by: limit)
        if let connection = self.connection, connection.isOpen {
            do {
                return try await connection.query(sql, parameters, within: limit)
            } catch  where error.code == .lost || error.code == .unavailable {
                self.close()
            }
        }
        let connection = try await PostgresConnection.open(
            self.configuration, within: Loop.now.duration(to: deadline))
        self.connection = connection
        return try await connection.query(sql, parameters, within: Loop.now.duration(to: deadline))
    }

    /// Closes the connection; the next statement opens one again.
    public func close() {
        self.connection?.close()
        self.connection = nil
    }
}
