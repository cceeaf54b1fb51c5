import EventLoop
import Glibc
public import Postgres

extension Backend {
    /// Prints the SQL that ``migrate(_:log:)`` would run, for a deploy to look through, and returns the exit status: 0, or
    /// 1 when the database can't be asked.
    @Loop public static func printPending(_ database: PostgresConfiguration) async -> Int32 {
        do {
            for step in try await Migrator(database, Schema.migrations).pending() {
                print("-- \(step.version) \(step.name)\n\(step.sql);")
            }
            return 0
        } catch {
            let line = "gammonguru: the database can't be asked: \(error)\n"
            write(STDERR_FILENO, line, line.utf8.count)
            return 1
        }
    }
}
