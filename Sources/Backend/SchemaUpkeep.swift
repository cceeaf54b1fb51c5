import EventLoop
import Postgres
import Support

/// Brings the schema up to date in the background, as soon as the database lets it, and again when another database was
/// put in the place of the one that was migrated.
@Loop
final class SchemaUpkeep {
    /// The program may use its tables.
    private(set) var isDone = false

    /// Between attempts for missing tables that the database says it has: what one `/health` after the other costs.
    private static nonisolated let renewalPause = Duration.seconds(1)

    private let migrator: Migrator
    private var missing = Promise<Void>()
    private let log: Log

    init(_ configuration: PostgresConfiguration, log: Log) {
        self.migrator = Migrator(configuration, Schema.migrations)
        self.log = log
    }

    /// A statement met a table that the schema should have: its database was made anew, without this program's restart.
    func tablesAreMissing() { self.missing.fulfil(()) }

    /// Goes on for as long as the process; no further attempt is made once the task is cancelled.
    func run() async {
        await self.bringUpToDate()
        while !Task.isCancelled {
            await self.missing.value()
            await self.bringUpToDate()
            try? await Loop.sleep(for: Self.renewalPause)
            self.missing = Promise()
        }
    }

    /// Returns when the schema is up to date or the task is cancelled. A database that is not there is waited for: the
    /// process does not end for it. Half a second at most between attempts, so that it is used soon after it is there.
    private func bringUpToDate() async {
        var backoff = Backoff(first: .milliseconds(50), most: .milliseconds(500))
        var random = SystemRandomNumberGenerator()
        var lastFailure: PostgresError?
        while !Task.isCancelled {
            do throws(PostgresError) {
                let applied = try await self.migrator.run()
                if !self.isDone || !applied.isEmpty {
                    self.log.info("schema is up to date", .init("applied", .array(applied.map { .integer($0) })))
                }
                self.isDone = true
                return
            } catch {
                // Once per kind of failure, not twice a second.
                if error.code != lastFailure?.code {
                    self.log.warning("schema can't be brought up to date yet", .init("reason", .string("\(error)")))
                }
                lastFailure = error
            }
            try? await Loop.sleep(for: backoff.next(using: &random))
        }
    }
}
