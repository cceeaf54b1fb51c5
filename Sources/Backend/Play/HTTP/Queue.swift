import Backgammon
import EventLoop
import Postgres

/// Those who wait for an opponent. Their places are rows, so that a restart and another instance know them, too. The place of
/// who does not ask for it any more ends by itself: an opponent who went away is worse than none. Decision 069.
@Loop
struct Queue {
    /// One player's place.
    struct Place: Sendable {
        let terms: Game.Terms
        /// The game that came of it; nil while he waits.
        let game: Int?
        /// Milliseconds since 1970.
        let since: Int
        /// When it ends, unless it is asked for again: milliseconds since 1970. That it is matched is remembered for longer.
        let until: Int
    }

    /// Longer than a browser lets a page in the background sleep (one minute), so that who looks elsewhere meanwhile stays.
    private static nonisolated let patience = "interval '90 seconds'"

    private let pool: PostgresPool
    private let games: Games

    init(_ pool: PostgresPool, _ games: Games) {
        self.pool = pool
        self.games = games
    }

    /// The place of `player`; nil when he has none.
    func place(of player: Account) async throws(PostgresError) -> Place? {
        try Self.place(try await self.pool.query(Self.select, [.integer(player.id)]))
    }

    /// Gives `player` a place, and a game when somebody with the same wishes waits. Safe to repeat: who waits for the same
    /// keeps his place in the line, who plays the game of his place keeps that.
    func enter(_ terms: Game.Terms, by player: Account) async throws -> Place {
        try await self.pool.transaction { transaction in
            // One after the other: two that come at the same moment would not see each other's rows.
            _ = try await transaction.query("lock table queue_places in share row exclusive mode")
            _ = try await transaction.query(
                "delete from queue_places where game_id is null and asked_at + \(Self.patience) < clock_timestamp()")
            let old = try Self.place(try await transaction.query(Self.select, [.integer(player.id)]))
            if let old, let game = old.game, try await Self.isPlayed(game, in: transaction) { return old }
            if old?.game != nil || old?.terms != terms {
                try await Self.put(player, terms, in: transaction)
            } else {
                _ = try await transaction.query(
                    "update queue_places set asked_at = clock_timestamp() where user_id = $1", [.integer(player.id)])
            }
            if let opponent = try await Self.opponent(of: player, terms, in: transaction) {
                let game = try await self.games.create(terms, white: opponent, black: player, in: transaction)
                _ = try await transaction.query(
                    "update queue_places set game_id = $3 where user_id in ($1, $2)",
                    [.integer(player.id), .integer(opponent.id), .integer(game)])
            }
            let rows = try await transaction.query(Self.select, [.integer(player.id)])
            guard let place = try Self.place(rows) else {
                throw PostgresError(code: .unexpectedAnswer, message: "a place in the queue is not there")
            }
            return place
        }
    }

    /// Takes the place of `player` away. Nothing happens when he has none.
    func leave(_ player: Account) async throws(PostgresError) {
        _ = try await self.pool.query("delete from queue_places where user_id = $1", [.integer(player.id)])
    }

    // MARK: Rows

    private static nonisolated let select = """
        select match_length, reserve_seconds, delay_seconds, game_id, (extract(epoch from since) * 1000)::bigint,
            (extract(epoch from asked_at + \(Self.patience)) * 1000)::bigint
        from queue_places
        where user_id = $1 and (game_id is not null or asked_at + \(Self.patience) >= clock_timestamp())
        """

    private static nonisolated func place(_ rows: PostgresRows) throws(PostgresError) -> Place? {
        guard
            let (length, reserve, delay, game, since, until) = try rows.first(
                as: Int.self, Int?.self, Int?.self, Int?.self, Int.self, Int.self)
        else { return nil }
        guard let rules = Match.Rules(length: length) else {
            throw PostgresError(code: .unexpectedAnswer, message: "a place in the queue has an impossible length")
        }
        var clock: GameClock.Control?
        if let reserve, let delay { clock = GameClock.Control(reserveSeconds: reserve, delaySeconds: delay) }
        return Place(terms: Game.Terms(rules: rules, clock: clock), game: game, since: since, until: until)
    }

    /// The game's last step knows of its end before its row does.
    private static func isPlayed(
        _ game: Int, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Bool {
        let rows = try await transaction.query(
            "select state like '% -' from game_steps where game_id = $1 order by seq desc limit 1", [.integer(game)])
        return try rows.first(as: Bool.self) ?? false
    }

    private static func put(
        _ player: Account, _ terms: Game.Terms, in transaction: PostgresTransaction
    ) async throws(PostgresError) {
        _ = try await transaction.query(
            """
            insert into queue_places (user_id, match_length, reserve_seconds, delay_seconds) values ($1, $2, $3, $4)
            on conflict (user_id) do update set match_length = $2, reserve_seconds = $3, delay_seconds = $4,
                game_id = null, since = clock_timestamp(), asked_at = clock_timestamp()
            """, [.integer(player.id)] + Self.wishes(terms))
    }

    /// Who has waited longest for the same.
    private static func opponent(
        of player: Account, _ terms: Game.Terms, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Account? {
        let rows = try await transaction.query(
            """
            select u.id, u.name from queue_places p join users u on u.id = p.user_id
            where p.game_id is null and p.user_id <> $1 and p.match_length = $2
                and p.reserve_seconds is not distinct from $3 and p.delay_seconds is not distinct from $4
            order by p.since, p.user_id limit 1
            """, [.integer(player.id)] + Self.wishes(terms))
        return try rows.first(as: Int.self, String.self).map { Account(id: $0, name: $1) }
    }

    private static nonisolated func wishes(_ terms: Game.Terms) -> [PostgresParameter] {
        [
            .integer(terms.rules.length), .integer(terms.clock?.reserveSeconds),
            .integer(terms.clock?.delaySeconds),
        ]
    }
}
