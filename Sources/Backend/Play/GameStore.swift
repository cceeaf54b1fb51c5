import Backgammon
import EventLoop
import Postgres
import Support

/// The rows of games and their steps.
@Loop
struct GameStore {
    /// A step that somebody has committed.
    struct Stored: Sendable {
        let player: Player?
        let command: String?
        let lastSeq: Int
        /// The JSON texts of its events.
        let events: [String]
        let record: GameRecord
    }

    /// Where instances tell each other which games have gone on: `ID:SEQ`, with spaces between several.
    static nonisolated let channel = "games"
    /// Where they tell each other whom the queue has put together: game, white, black, with spaces.
    static nonisolated let matchedChannel = "matched"

    private let pool: PostgresPool

    init(_ pool: PostgresPool) { self.pool = pool }

    // MARK: Reading

    /// The games that `condition` picks, SQL behind `where` (and `order by`) about `g`, a row of `games`.
    func find(_ condition: String, _ parameters: [PostgresParameter]) async throws(PostgresError) -> [Game] {
        try Self.games(try await self.pool.query(Self.selectGames + condition, parameters))
    }

    func game(_ id: Int) async throws(PostgresError) -> Game? {
        try Self.games(try await self.pool.query(Self.selectGame, [.integer(id)], isKept: true)).first
    }

    /// The commands that led to the sequence number `seq`, oldest first.
    func commands(
        of game: Int, upTo seq: Int
    ) async throws(PostgresError) -> [(player: Player?, command: String?, lastSeq: Int)] {
        let rows = try await self.pool.query(
            """
            select player, command, last_seq from game_steps
            where game_id = $1 and last_seq <= $2 and command is not null order by seq
            """, [.integer(game), .integer(seq)], isKept: true)
        return try rows.decoded(as: String?.self, String?.self, Int.self).map {
            ($0.flatMap { Player(rawValue: $0) }, $1, $2)
        }
    }

    /// The steps behind the sequence number `seq`, oldest first.
    func steps(of game: Game, after seq: Int) async throws(PostgresError) -> [Stored] {
        let rows = try await self.pool.query(
            """
            select last_seq, player, command, events, state, white_left_ms, black_left_ms, at_ms
            from game_steps where game_id = $1 and seq > $2 order by seq
            """, [.integer(game.id), .integer(seq)], isKept: true)
        let steps = try rows.decoded(
            as: Int.self, String?.self, String?.self, String.self, String.self, Int?.self, Int?.self, Int.self)
        return try steps.map { (lastSeq, player, command, events, state, white, black, at) throws(PostgresError) in
            let record = try Self.record(
                state, seq: lastSeq, at: at, clock: game.terms.clock, white: white, black: black)
            return Stored(
                player: player.flatMap { Player(rawValue: $0) }, command: command, lastSeq: lastSeq,
                events: events.split(separator: "\n").map { String($0) }, record: record)
        }
    }

    /// The JSON texts of the events behind the sequence number `seq`, oldest first, `limit` at most.
    func events(of game: Int, after seq: Int, limit: Int) async throws(PostgresError) -> [String] {
        // A step that began before `seq` may hold events behind it. Each has one event at least.
        let rows = try await self.pool.query(
            """
            select seq, events from game_steps where game_id = $1 and last_seq > $2 and seq <= $3 order by seq
            """, [.integer(game), .integer(seq), .integer(seq + limit)])
        var events: [String] = []
        for (first, text) in try rows.decoded(as: Int.self, String.self) {
            events += text.split(separator: "\n").dropFirst(max(0, seq + 1 - first)).map { String($0) }
        }
        return Array(events.prefix(limit))
    }

    // MARK: Writing

    /// Makes a game that waits for an opponent and returns its id, or that of the one that was made by `clientID`.
    func create(_ terms: Game.Terms, by player: Account, clientID: String?) async throws(PostgresError) -> Int? {
        let made = try await self.pool.query(
            """
            insert into games (white_id, match_length, jacoby, beavers, reserve_seconds, delay_seconds, client_id)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (white_id, client_id) where client_id is not null do nothing returning id
            """, [.integer(player.id)] + Self.parameters(terms) + [.text(clientID)], isKept: true)
        if let id = try made.first(as: Int.self) { return id }
        let rows = try await self.pool.query(
            "select id from games where white_id = $1 and client_id = $2", [.integer(player.id), .text(clientID)])
        return try rows.first(as: Int.self)
    }

    /// Makes a game of two and begins it with what `first` says, and tells all instances whom it is of.
    static func create(
        _ terms: Game.Terms, white: Account, black: Account, in transaction: PostgresTransaction,
        first: (Int) -> StepRow
    ) async throws(PostgresError) -> Int {
        let rows = try await transaction.query(
            """
            insert into games (white_id, match_length, jacoby, beavers, reserve_seconds, delay_seconds, black_id)
            values ($1, $2, $3, $4, $5, $6, $7) returning id
            """, [.integer(white.id)] + Self.parameters(terms) + [.integer(black.id)])
        guard let id = try rows.first(as: Int.self) else {
            throw PostgresError(code: .unexpectedAnswer, message: "a game that was made has no id")
        }
        _ = try await transaction.query(
            "insert into game_steps (\(StepRow.names)) select * from \(StepRow.table(from: 1))",
            StepRow.parameters([first(id)]))
        _ = try await transaction.query(
            "select pg_notify('\(Self.matchedChannel)', $1)", [.text("\(id) \(white.id) \(black.id)")])
        return id
    }

    /// Gives black's seat of a game that waits to `player` and begins it with `first`; false when it does not wait.
    func join(_ id: Int, by player: Account, first: StepRow) async throws(PostgresError) -> Bool {
        let rows = try await self.pool.query(
            """
            with seat as (
                update games set black_id = $2
                where id = $1 and black_id is null and white_id <> $2 and finished_at is null returning id
            ), step as (
                insert into game_steps (\(StepRow.names))
                select t.* from seat, \(StepRow.table(from: 3)) returning game_id, last_seq
            )
            select pg_notify('\(Self.channel)', game_id || ':' || last_seq) from step
            """, [.integer(id), .integer(player.id)] + StepRow.parameters([first]), isKept: true)
        return !rows.rows.isEmpty
    }

    /// Removes a game of `player` that nobody has joined; false when there is none.
    func takeBack(_ id: Int, by player: Account) async throws(PostgresError) -> Bool {
        let rows = try await self.pool.query(
            "delete from games where id = $1 and white_id = $2 and black_id is null returning id",
            [.integer(id), .integer(player.id)])
        return !rows.rows.isEmpty
    }

    /// Some of the games whose row does not say that they are over.
    struct Unfinished: Sendable {
        /// Those of them whose last step ended the match.
        let ended: [Game]
        /// The last that was looked at; nil when there are no more.
        let last: Int?
    }

    /// Looks through the next `limit` games behind the id `after` whose row says that they are played. No more at once:
    /// of some hundred thousand the last steps can't be found within a statement's time.
    func unfinished(after id: Int, limit: Int) async throws(PostgresError) -> Unfinished {
        let playing = """
            select id from games where black_id is not null and finished_at is null and id > $1 order by id limit $2
            """
        let page: [PostgresParameter] = [.integer(id), .integer(limit)]
        let rows = try await self.pool.query("select max(id) from (\(playing)) page", page)
        guard let last = try rows.first(as: Int?.self) ?? nil else { return Unfinished(ended: [], last: nil) }
        let ended = try await self.find(
            """
            g.id > $1 and g.id <= $2 and g.black_id is not null and g.finished_at is null and s.state not like '% -'
            """, [.integer(id), .integer(last)])
        return Unfinished(ended: ended, last: last)
    }

    /// Notes the end of the match in the game's row, and in the players' ratings. Once, however often it is called.
    func finish(_ game: Game) async throws {
        guard let record = game.record, let end = record.end, let black = game.black else { return }
        try await self.pool.transaction { transaction in
            let rows = try await transaction.query(
                """
                update games set finished_at = to_timestamp($2::double precision / 1000), winner = $3, reason = $4
                where id = $1 and finished_at is null returning id
                """,
                [
                    .integer(game.id), .integer(record.since), .text(end.winner.rawValue),
                    .text(end.reason.rawValue),
                ], isKept: true)
            let length = game.terms.rules.length
            guard !rows.rows.isEmpty, length > 0 else { return }
            let (winner, loser) = end.winner == .white ? (game.white, black) : (black, game.white)
            try await Self.rate(winner: winner.id, loser: loser.id, length: length, in: transaction)
        }
    }

    private static func rate(
        winner: Int, loser: Int, length: Int, in transaction: PostgresTransaction
    ) async throws(PostgresError) {
        // Always in the order of ids: two matches that end together never wait for each other.
        let both: [PostgresParameter] = [.integer(min(winner, loser)), .integer(max(winner, loser))]
        let newcomer = Rating()
        _ = try await transaction.query(
            "insert into ratings (user_id, rating, experience) values ($1, $3, $4), ($2, $3, $4) on conflict do nothing",
            both + [.number(newcomer.value), .integer(newcomer.experience)], isKept: true)
        let rows = try await transaction.query(
            "select user_id, rating, experience from ratings where user_id in ($1, $2) order by user_id for update",
            both, isKept: true)
        var ratings: [Int: Rating] = [:]
        for (id, value, experience) in try rows.decoded(as: Int.self, Double.self, Int.self) {
            ratings[id] = Rating(value: value, experience: experience)
        }
        let after = Rating.afterMatch(
            length: length, winner: ratings[winner] ?? newcomer, loser: ratings[loser] ?? newcomer)
        for (id, rating) in [(winner, after.winner), (loser, after.loser)] {
            _ = try await transaction.query(
                "update ratings set rating = $2, experience = $3 where user_id = $1",
                [.integer(id), .number(rating.value), .integer(rating.experience)], isKept: true)
        }
    }

    // MARK: Rows

    private static nonisolated let selectGames = """
        select g.id, g.match_length, g.jacoby, g.beavers, g.reserve_seconds, g.delay_seconds, w.id, w.name, b.id, b.name,
            (extract(epoch from g.created_at) * 1000)::bigint, g.finished_at is not null,
            s.last_seq, s.state, s.white_left_ms, s.black_left_ms, s.at_ms
        from games g join users w on w.id = g.white_id left join users b on b.id = g.black_id
        left join lateral (select * from game_steps t where t.game_id = g.id order by t.seq desc limit 1) s on true
        where\u{20}
        """

    private static nonisolated let selectGame = Self.selectGames + "g.id = $1"

    private static nonisolated func games(_ rows: PostgresRows) throws(PostgresError) -> [Game] {
        let rows = try rows.decoded(
            as: Int.self, Int.self, Bool.self, Bool.self, Int?.self, Int?.self, Int.self, String.self, Int?.self,
            String?.self, Int.self, Bool.self, Int?.self, String?.self, Int?.self, Int?.self, Int?.self)
        return try rows.map { (row) throws(PostgresError) in
            let (id, length, jacoby, beavers, reserve, delay, whiteID, whiteName, blackID, blackName) =
                (row.0, row.1, row.2, row.3, row.4, row.5, row.6, row.7, row.8, row.9)
            let (createdAt, isFinished, seq, state, whiteLeft, blackLeft, at) =
                (row.10, row.11, row.12, row.13, row.14, row.15, row.16)
            guard let rules = Match.Rules(length: length, jacoby: jacoby, beavers: beavers) else {
                throw PostgresError(code: .unexpectedAnswer, message: "game \(id) has impossible rules")
            }
            var clock: GameClock.Control?
            if let reserve, let delay { clock = GameClock.Control(reserveSeconds: reserve, delaySeconds: delay) }
            var record: GameRecord?
            if let seq, let state, let at {
                record = try Self.record(state, seq: seq, at: at, clock: clock, white: whiteLeft, black: blackLeft)
            }
            var black: Account?
            if let blackID, let blackName { black = Account(id: blackID, name: blackName) }
            return Game(
                id: id, terms: Game.Terms(rules: rules, clock: clock), white: Account(id: whiteID, name: whiteName),
                black: black, createdAt: createdAt, isFinished: isFinished, record: record)
        }
    }

    private static nonisolated func record(
        _ state: String, seq: Int, at: Int, clock: GameClock.Control?, white: Int?, black: Int?
    ) throws(PostgresError) -> GameRecord {
        var left: PerSide<Int>?
        if let white, let black { left = PerSide(white: white, black: black) }
        guard let record = GameRecord(stateText: state, seq: seq, since: at, clock: clock, left: left) else {
            throw PostgresError(code: .unexpectedAnswer, message: "the state of a game can't be read")
        }
        return record
    }

    private static nonisolated func parameters(_ terms: Game.Terms) -> [PostgresParameter] {
        [
            .integer(terms.rules.length), .bool(terms.rules.jacoby), .bool(terms.rules.beavers),
            .integer(terms.clock?.reserveSeconds), .integer(terms.clock?.delaySeconds),
        ]
    }
}
