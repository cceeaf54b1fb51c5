import Backgammon
import EventLoop
import Postgres
import ServiceTestKit
import Support
import Testing
import Web

@testable import Backend

/// Games on a real PostgreSQL, without sockets, with clocks of the test's own.
@Suite("Games", .serialized)
struct PlayGamesTests {
    private static let server = Task { try await PostgresServer.make() }

    init() { Loop.startThread() }

    /// Keeps what it hears.
    @Loop
    private final class Ear: GameWatcher {
        private(set) var heard: [JSONValue] = []

        nonisolated init() {}

        func hear(_ message: UnsafeBufferPointer<UInt8>) {
            if let message = PlayClient.parse(String(decoding: message, as: UTF8.self)) { self.heard.append(message) }
        }

        func waits(for event: String) async throws -> Bool {
            for _ in 0..<2_000 {
                if self.heard.contains(where: { $0["event"]?.string == event || $0["type"]?.string == event }) {
                    return true
                }
                try await Loop.sleep(for: .milliseconds(10))
            }
            return false
        }
    }

    /// The time of day that a test sets.
    @Loop
    private final class Sundial {
        var now = 1_000_000

        nonisolated init() {}
    }

    @Loop
    private struct Instance {
        let pool: PostgresPool
        let games: Games
        let sundial = Sundial()
        let time: PlayTime

        init(_ server: PostgresServer, pool limits: PostgresPool.Limits = PostgresPool.Limits()) async throws {
            let configuration = try server.configuration()
            _ = try await Migrator(configuration, Schema.migrations).run()
            self.pool = PostgresPool(configuration, limits)
            let sundial = self.sundial
            self.time = PlayTime(clock: { sundial.now })
            self.games = Games(configuration, self.pool, log: .standard, time: self.time)
        }

        func user(_ name: String) async throws -> Account {
            let rows = try await self.pool.query("insert into users (name) values ($1) returning id", [.text(name)])
            return Account(id: try #require(rows.integer(0, 0)), name: name)
        }

        func started(_ name: String, clock: GameClock.Control? = nil) async throws -> Game {
            let (ann, bob) = (try await self.user("\(name)-ann"), try await self.user("\(name)-bob"))
            let game = try await self.games.create(try Self.terms(clock: clock), by: ann, clientID: nil)
            return try await self.games.join(game.id, by: bob)
        }

        static func terms(_ length: Int = 3, clock: GameClock.Control? = nil) throws -> Game.Terms {
            Game.Terms(rules: try #require(Match.Rules(length: length)), clock: clock)
        }

        /// Waits until it listens, by a notification of its own.
        func listens(_ ear: Ear, _ account: Account) async throws -> Bool {
            self.games.enter(ear, of: account)
            for _ in 0..<2_000 {
                _ = try await self.pool.query(
                    "select pg_notify('matched', $1)", [.text("0 \(account.id) \(account.id)")])
                if !ear.heard.isEmpty { return true }
                try await Loop.sleep(for: .milliseconds(10))
            }
            return false
        }
    }

    @Test("a match whose time is over ends for who watches it, by itself, and is rated")
    @Loop func timeout() async throws {
        let instance = try await Instance(try await Self.server.value)
        let game = try await instance.started("timeout", clock: .init(reserveSeconds: 10, delaySeconds: 0))
        let turn = try #require(game.record?.turn)
        let ear = Ear()
        // A hundredth of a second before the end of the grace.
        instance.sundial.now += 10_000 + GameClock.graceMilliseconds - 10
        try await instance.games.watch(game.id, ear, after: nil, re: "x")
        #expect(ear.heard.count == 1 && ear.heard[0]["state"]?["status"] == "playing")
        instance.sundial.now += 20
        #expect(try await ear.waits(for: "match_over"))
        let state = ear.heard.last?["state"]
        #expect(state?["result"] == ["reason": "timeout", "winner": .string(turn.opponent.rawValue)])
        #expect(state?["status"] == "finished" && state?["turn"] == .null && state?["phase"] == "over")
        // The ratings follow in a commit of their own.
        var rated: Int?
        for _ in 0..<2_000 where rated != 2 {
            let rows = try await instance.pool.query(
                "select count(*) from ratings where user_id in ($1, $2) and experience = 3",
                [.integer(game.white.id), .integer(game.black?.id)])
            rated = rows.integer(0, 0)
            try await Loop.sleep(for: .milliseconds(10))
        }
        #expect(rated == 2)
        instance.games.leave(game.id, ear)
        instance.pool.close()
    }

    @Test("an outage of the instance or of the database costs nobody time")
    @Loop func outage() async throws {
        let server = try await Self.server.value
        let before = try await Instance(server)
        let game = try await before.started("outage", clock: .init(reserveSeconds: 10, delaySeconds: 0))
        before.pool.close()
        // An hour later another one starts.
        let after = try await Instance(server)
        after.sundial.now += 3_600_000
        let late = Games(
            try server.configuration(), after.pool, log: .standard, time: PlayTime(clock: { after.sundial.now }))
        #expect(try await late.game(game.id).record?.end == nil)
        // The one that was there all the time counts all of it.
        #expect(try await after.games.game(game.id).record?.end?.reason == .timeout)

        let other = try await after.started("outage-2", clock: .init(reserveSeconds: 10, delaySeconds: 0))
        after.sundial.now += 3_600_000
        after.time.interrupted()
        after.time.served()
        #expect(try await after.games.game(other.id).record?.end == nil)
        after.sundial.now += 15_001
        #expect(try await after.games.game(other.id).record?.end?.reason == .timeout)
        after.pool.close()
    }

    @Test("of rows written together those are kept in whose place there is no other, and they alone are told of")
    @Loop func writtenTogether() async throws {
        let server = try await Self.server.value
        let instance = try await Instance(server)
        // No game's: nothing else writes or looks there.
        let games = Array(9_000_000_001...9_000_000_004)
        func row(_ game: Int) throws -> StepRow {
            guard let roll = Dice(2, 1) else { throw HTTPProblem.noSuchGame }
            let step = GameRecord.begin(try Instance.terms(), at: 1) { roll }
            return StepRow(step, of: game, player: nil, order: nil)
        }
        func write(_ games: some Sequence<Int>) async throws -> Set<Int> {
            // In the reverse order, which is not that of the commit.
            let rows = try games.map { try row($0) }.reversed()
            let writer = StepWriter(instance.pool)
            var written: Set<Int> = []
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for row in rows { group.addLoopTask { try await writer.write(row) ? row.game : nil } }
                for try await game in group { if let game { written.insert(game) } }
            }
            return written
        }
        var news: [String] = []
        let isListening = Promise<Void>()
        let listener = PostgresListener(try server.configuration(), channels: [GameStore.channel])
        let listening = Task { @Loop in
            await listener.run { event in
                if event == .connected { isListening.fulfil(()) }
                if case .notification(_, let text) = event { news.append(text) }
            }
        }
        try #require(await isListening.value(within: .seconds(20)) != nil)
        #expect(try await write(games[..<2]) == Set(games[..<2]))
        #expect(try await write(games) == Set(games[2...]))
        #expect(try await write(games).isEmpty)
        _ = try await instance.pool.query("select pg_notify($1, 'end')", [.text(GameStore.channel)])
        for _ in 0..<2_000 where news.last != "end" { try await Loop.sleep(for: .milliseconds(10)) }
        #expect(news.flatMap { $0.split(separator: " ") } == games.map { "\($0):1" } + ["end"])
        listening.cancel()
        await listening.value
        _ = try await instance.pool.query("delete from game_steps where game_id >= $1", [.integer(games[0])])
        instance.pool.close()
    }

    @Test("the same client id makes one game, and of many who join at once one sits down")
    @Loop func join() async throws {
        let instance = try await Instance(try await Self.server.value)
        let ann = try await instance.user("join-ann")
        let terms = try Instance.terms()
        let game = try await instance.games.create(terms, by: ann, clientID: "one")
        #expect(try await instance.games.create(terms, by: ann, clientID: "one").id == game.id)
        #expect(try await instance.games.create(terms, by: ann, clientID: "two").id != game.id)
        #expect(try await instance.games.join(game.id, by: ann).black == nil)
        var others: [Account] = []
        for number in 0..<8 { others.append(try await instance.user("join-\(number)")) }
        var winners: [Int] = []
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for other in others {
                group.addLoopTask {
                    do {
                        return try await instance.games.join(game.id, by: other).black?.id
                    } catch let problem as HTTPProblem where problem.code == "game_full" {
                        return nil
                    }
                }
            }
            for try await winner in group { winners += winner.map { [$0] } ?? [] }
        }
        #expect(winners.count == 1)
        let black = try #require(others.first { $0.id == winners.first })
        let again = try await instance.games.join(game.id, by: black)
        #expect(again.black == black && again.seq == 1)
        instance.pool.close()
    }

    @Test("a game is taken back by who made it, while nobody has joined")
    @Loop func takeBack() async throws {
        let instance = try await Instance(try await Self.server.value)
        let (ann, bob) = (try await instance.user("back-ann"), try await instance.user("back-bob"))
        let games = instance.games
        let game = try await games.create(try Instance.terms(), by: ann, clientID: nil)
        await Self.expect("not_your_game") { try await games.takeBack(game.id, by: bob) }
        try await games.takeBack(game.id, by: ann)
        await Self.expect("not_found") { try await games.takeBack(game.id, by: ann) }
        await Self.expect("not_found") { _ = try await games.join(game.id, by: bob) }
        let joined = try await games.create(try Instance.terms(), by: ann, clientID: nil)
        _ = try await games.join(joined.id, by: bob)
        await Self.expect("already_started") { try await games.takeBack(joined.id, by: ann) }
        instance.pool.close()
    }

    @Loop private static func expect(_ code: String, _ body: @Loop () async throws -> Void) async {
        do {
            try await body()
            Issue.record("no \(code)")
        } catch {
            #expect((error as? HTTPProblem)?.code == code)
        }
    }

    @Test("who watches a game that waits is told when it begins, whichever instance is joined over")
    @Loop func begins() async throws {
        let server = try await Self.server.value
        let (one, other) = (try await Instance(server), try await Instance(server))
        let listening = Task { @Loop in await one.games.run() }
        let (ann, bob) = (try await one.user("begins-ann"), try await one.user("begins-bob"))
        let game = try await one.games.create(try Instance.terms(), by: ann, clientID: nil)
        let ear = Ear()
        #expect(try await one.listens(ear, ann))
        try await one.games.watch(game.id, ear, after: 0, re: "x")
        #expect(ear.heard.last?["state"]?["status"] == "waiting" && ear.heard.last?["state"]?["seq"] == 0)
        _ = try await other.games.join(game.id, by: bob)
        #expect(try await ear.waits(for: "started"))
        #expect(ear.heard.last?["state"]?["players"]?["black"]?["name"] == "begins-bob")
        listening.cancel()
        one.games.leave(game.id, ear)
        one.pool.close()
        other.pool.close()
    }

    @Test("two whom the queue puts together are told over their connections to whichever instance")
    @Loop func matched() async throws {
        let server = try await Self.server.value
        let (one, other) = (try await Instance(server), try await Instance(server))
        let listening = Task { @Loop in await one.games.run() }
        let (ann, bob) = (try await one.user("matched-ann"), try await one.user("matched-bob"))
        let ear = Ear()
        #expect(try await one.listens(ear, bob))
        let terms = try Instance.terms(1)
        let id = try await other.pool.transaction { transaction in
            try await other.games.create(terms, white: ann, black: bob, in: transaction)
        }
        for _ in 0..<2_000 where ear.heard.last?["game"]?.string != String(id) {
            try await Loop.sleep(for: .milliseconds(10))
        }
        #expect(ear.heard.last == ["game": .string(String(id)), "type": "matched"])
        let game = try await one.games.game(id)
        #expect(game.seq == 1 && game.white == ann && game.black == bob)
        listening.cancel()
        one.games.exit(ear, of: bob)
        one.pool.close()
        other.pool.close()
    }

    @Test("the end of a match that could not be noted any more is noted by the next instance that starts")
    @Loop func finish() async throws {
        let server = try await Self.server.value
        let one = try await Instance(server)
        let game = try await one.started("finish")
        _ = try await one.games.carryOut(
            Order(game: game.id, player: game.white, id: "end", command: .resignMatch, seq: nil))
        let id = PostgresParameter.integer(game.id)
        // As if it had been killed between the two commits.
        _ = try await one.pool.query("update games set finished_at = null where id = $1", [id])
        let ratings = "select rating, experience from ratings where user_id = $1"
        let before = try await one.pool.query(ratings, [.integer(game.white.id)])
        let listening = Task { @Loop in await one.games.run() }
        var isNoted = false
        for _ in 0..<2_000 where !isNoted {
            let rows = try await one.pool.query("select finished_at is not null from games where id = $1", [id])
            isNoted = try rows.first(as: Bool.self) ?? false
            try await Loop.sleep(for: .milliseconds(10))
        }
        #expect(isNoted)
        // It was rated with it, in the same commit; here for the second time.
        #expect(try await one.pool.query(ratings, [.integer(game.white.id)]) != before)
        // But not by who only looks.
        let after = try await one.pool.query(ratings, [.integer(game.white.id)])
        _ = try await one.games.game(game.id)
        #expect(try await one.pool.query(ratings, [.integer(game.white.id)]) == after)
        listening.cancel()
        one.pool.close()
    }

    @Test("ends are found among so many games that one statement has not the time to look through them")
    @Loop func manyGames() async throws {
        let server = try await PostgresServer.make()
        var limits = PostgresPool.Limits()
        limits.statement = .milliseconds(400)
        let one = try await Instance(server, pool: limits)
        let game = try await one.started("many")
        let count = 150_000
        _ = try await onThread {
            // Like the first, at its first step; then the last one and one amid them are given up, and nothing noted.
            try server.sql(
                """
                -- Without looking up the same two players so many times.
                set session_replication_role = replica;
                insert into games (white_id, black_id, match_length)
                    select white_id, black_id, match_length from games, generate_series(1, \(count)) where id = \(game.id);
                insert into game_steps (game_id, seq, last_seq, events, state, at_ms)
                    select g.id, seq, last_seq, events, state, at_ms from games g, game_steps s
                    where s.game_id = \(game.id) and g.id <> s.game_id
                """)
        }
        let ended = [game.id + count / 2, game.id + count]
        for id in ended {
            _ = try await one.games.carryOut(
                Order(game: id, player: game.white, id: "end", command: .resignMatch, seq: nil))
        }
        _ = try await one.pool.query(
            "update games set finished_at = null where id in ($1, $2)", ended.map { .integer($0) })
        let listening = Task { @Loop in await one.games.run() }
        var noted: [Int] = []
        for _ in 0..<3_000 where noted != ended {
            try await Loop.sleep(for: .milliseconds(10))
            let rows = try await one.pool.query("select id from games where finished_at is not null order by id")
            noted = try rows.decoded(as: Int.self)
        }
        #expect(noted == ended)
        listening.cancel()
        one.pool.close()
    }

    @Test("a match that is given up over HTTP is over at once, and saying so again changes nothing")
    @Loop func resignMatch() async throws {
        let instance = try await Instance(try await Self.server.value)
        let game = try await instance.started("resign")
        let black = try #require(game.black)
        let order = Order(game: game.id, player: black, id: "r", command: .resignMatch, seq: nil)
        let seq = try await instance.games.carryOut(order)
        #expect(try await instance.games.carryOut(order) == seq)
        let after = try await instance.games.game(game.id)
        #expect(after.record?.end == MatchEnd(winner: .white, reason: .resigned) && after.isFinished)
        let again = Order(game: game.id, player: black, id: "r2", command: .resignMatch, seq: nil)
        await Self.expect("game_over") { _ = try await instance.games.carryOut(again) }
        let events = try await instance.games.events(of: game.id, after: 0, limit: 10)
        #expect(events.compactMap { PlayClient.parse($0)?["event"]?.string } == ["started", "match_over"])
        #expect(try await instance.games.events(of: game.id, after: 1, limit: 10) == [events[1]])
        #expect(try await instance.games.events(of: game.id, after: 0, limit: 1) == [events[0]])
        instance.pool.close()
    }
}
