import EventLoop

extension Migrator {
    /// The steps that ``run()`` would apply now. Changes nothing.
    public func pending() async throws(PostgresError) -> [Migration] {
        let connection = try await PostgresConnection.open(self.configuration, within: Self.connectLimit)
        defer { connection.close() }
        return try await self.missing(connection)
    }
}
