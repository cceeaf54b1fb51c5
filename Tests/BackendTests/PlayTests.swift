import Backgammon
import EventLoop
import Postgres
import ServiceTestKit
import Support
import Testing

@testable import Backend

/// Play over real sockets, on a real PostgreSQL.
@Suite("Live play", .serialized)
struct PlayTests {
    private static let server = Task { try await PostgresServer.make() }
    private static let backend = Task { try await BackendProcess.startHealthy(try await Self.server.value.url()) }

    init() { Loop.startThread() }

    /// Makes a game of two, without the servers under test.
    @Loop static func makeGame(
        _ server: PostgresServer, _ white: PlayClient.User, _ black: PlayClient.User, length: Int = 1,
        clock: GameClock.Control? = nil
    ) async throws -> Int {
        let configuration = try server.configuration()
        let pool = PostgresPool(configuration)
        defer { pool.close() }
        let games = Games(configuration, pool, log: .standard)
        let rules = try #require(Match.Rules(length: length))
        let terms = Game.Terms(rules: rules, clock: clock)
        let game = try await games.create(terms, by: white.account, clientID: "made-by-test")
        return try await games.join(game.id, by: black.account).id
    }

    @Test("two play a match to its end: both hear every event once and in order, as the rows have it")
    func match() async throws {
        let server = try await Self.server.value
        let port = try await Self.backend.value.port
        let (ann, bob) = try await onThread {
            (
                try PlayClient.User.register("match-ann", port: port),
                try PlayClient.User.register("match-bob", port: port)
            )
        }
        let game = try await Self.makeGame(server, ann, bob, length: 3)
        async let white = onThread {
            let client = try PlayClient(ann, port: port)
            var player = ScriptedPlayer(game: game, color: "white", seed: 1)
            try player.play(client)
            return (client.events(of: game), player.acknowledged)
        }
        async let black = onThread {
            let client = try PlayClient(bob, port: port)
            var player = ScriptedPlayer(game: game, color: "black", seed: 2)
            try player.play(client)
            return (client.events(of: game), player.acknowledged)
        }
        let (first, second) = (try await white, try await black)
        let seqs = first.0.map { $0["seq"]?.number ?? 0 }
        #expect(seqs == Array(1...max(1, seqs.count)))
        #expect(second.0.map { $0["seq"]?.number ?? 0 } == seqs)
        #expect(first.0.last?["event"] == "match_over")
        let stored = try server.sql("select events from game_steps where game_id = \(game) order by seq")
            .split(separator: "\n").compactMap { PlayClient.parse(String($0)) }
        #expect(stored.map { $0["seq"]?.number } == seqs)
        // Each command that was acknowledged made one event, and there is no other.
        let made = stored.compactMap { $0["command"]?.string }
        #expect(made.count == Set(made).count)
        #expect(Set(made) == Set(first.1.keys).union(second.1.keys))
        let row = try server.sql("select winner is not null, finished_at is not null from games where id = \(game)")
        #expect(row == "t|t")
        let experience = try server.sql(
            "select experience from ratings where user_id in (\(ann.id), \(bob.id)) and rating <> 1500")
        #expect(experience == "3\n3")
    }
}
