import Backgammon
import EventLoop
import Postgres
import Support
import Web

/// All games, for HTTP and for WebSockets. Whoever plays over whichever instance meets the same games: the database is
/// their place, and what is kept here is a copy that a commit proves to be current.
///
/// Every operation throws the problem to be answered, or a ``PostgresError`` (``HTTPProblem/init(_:log:)`` turns it into
/// one). What has thrown may be repeated: it is carried out once.
@Loop
final class Games {
    private let pool: PostgresPool
    private let log: Log

    init(_ configuration: PostgresConfiguration, _ pool: PostgresPool, log: Log) {
        self.pool = pool
        self.log = log
    }

    /// Makes a game that waits for an opponent. The same player's same client id answers the game that it made.
    func create(_ terms: Game.Terms, by player: Account, clientID: String?) async throws -> Game {
        throw HTTPProblem.busy
    }

    /// Makes a game of two and begins it, inside a transaction of the caller, who calls ``announce(_:)`` after its commit.
    func create(
        _ terms: Game.Terms, white: Account, black: Account, in transaction: PostgresTransaction
    ) async throws -> Game {
        throw HTTPProblem.busy
    }

    /// Sits down as black and begins. Who is in the game already gets it as it is.
    func join(_ id: Int, by player: Account) async throws -> Game { throw HTTPProblem.busy }

    /// Takes back an own game that nobody has joined.
    func takeBack(_ id: Int, by player: Account) async throws { throw HTTPProblem.busy }

    /// The game as it stands now, whichever instance has changed it last.
    func game(_ id: Int) async throws -> Game { throw HTTPProblem.busy }

    /// Carries out a command, once, and returns the last sequence number that it made.
    func carryOut(_ order: Order) async throws -> Int { throw HTTPProblem.busy }

    /// The texts of events (JSON objects) behind the sequence number `after`, oldest first, `limit` at most.
    func events(of id: Int, after: Int, limit: Int) async throws -> [String] { throw HTTPProblem.busy }

    /// The `state` of `game` as clients are told.
    func state(of game: Game) -> JSONValue { .null }

    /// The state without board, clock, dice and what belongs to them, for lists.
    func summary(of game: Game) -> JSONValue { .null }

    /// The rows that `condition`, SQL behind `where` on `g` (`games`), picks; with `parameters` from `$1` on.
    func find(_ condition: String, _ parameters: [PostgresParameter]) async throws(PostgresError) -> [Game] { [] }
}
