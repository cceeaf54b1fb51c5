import EventLoop
import Postgres

/// Asks the database one question, for health, on a connection of its own.
///
/// Costs at most one connection and one statement at a time, however many ask. Nothing runs while nobody asks.
@Loop
final class DatabaseCheck<Value: Sendable> {
    typealias Outcome = Result<Value, PostgresError>

    /// Look-up, connection and statement together; `/health` promises its 503 within 1.2 s.
    private static var limit: Duration { .seconds(1) }
    /// A failure is repeated to those who ask within this time, so that a crowd of callers does not turn a refusing
    /// server's quick "no" into thousands of connections a second.
    private static var failureLasts: Duration { .milliseconds(100) }

    private let link: PostgresLink
    private let sql: String
    private let read: @Loop (PostgresRows) -> Value?
    private let flight = SingleFlight<Outcome>()
    private var failure: (error: PostgresError, until: SuspendingClock.Instant)?

    init(_ configuration: PostgresConfiguration, _ sql: String, read: @escaping @Loop (PostgresRows) -> Value?) {
        // The server ends what we no longer wait for.
        self.link = PostgresLink(configuration.limitingStatements(to: Self.limit))
        self.sql = sql
        self.read = read
    }

    /// The answer, within a second.
    func outcome() async -> Outcome {
        if let failure = self.failure, Loop.now < failure.until { return .failure(failure.error) }
        return await self.flight.value {
            let outcome = await self.ask()
            if case .failure(let error) = outcome {
                self.failure = (error, Loop.now.advanced(by: Self.failureLasts))
            }
            return outcome
        }
    }

    func close() { self.link.close() }

    private func ask() async -> Outcome {
        do throws(PostgresError) {
            let rows = try await self.link.query(self.sql, within: Self.limit)
            guard let value = self.read(rows) else {
                throw PostgresError(code: .queryFailed, message: "the answer has another form than asked for")
            }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }
}
