import EventLoop
import Postgres
import Support

/// Brings the schema up to date in the background, as soon as the database lets it.
@Loop
final class SchemaUpkeep {
    /// The program may use its tables.
    private(set) var isDone = false

    private let migrator: Migrator
    private let log: Log

    init(_ configuration: PostgresConfiguration, log: Log) {
        self.migrator = Migrator(configuration, Schema.migrations)
        self.log = log
    }

    /// Returns when the schema is up to date or the task is cancelled. A database that is not there is waited for: the
    /// process does not end for it. Half a second at most between attempts, so that it is used soon after it is there.
    func run() async {
        var backoff = Backoff(first: .milliseconds(50), most: .milliseconds(500))
        var random = SystemRandomNumberGenerator()
        var lastFailure: PostgresError?
        while !Task.isCancelled {
            do throws(PostgresError) {
                let applied = try await self.migrator.run()
                self.isDone = true
                self.log.info("schema is up to date", .init("applied", .array(applied.map { .integer($0) })))
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
