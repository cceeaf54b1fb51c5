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
    /// Two instances on one database.
    private static let backends = Task {
        let url = try await Self.server.value.url()
        return [try await BackendProcess.startHealthy(url), try await BackendProcess.startHealthy(url)]
    }

    init() { Loop.startThread() }

    /// Two users, a game of theirs, and the ports of two instances.
    private struct Table: Sendable {
        let server: PostgresServer
        let ports: [UInt16]
        let white: PlayClient.User
        let black: PlayClient.User
        let game: Int

        /// `game` and `seq`, as commands have them.
        func members(_ seq: Int?, _ more: JSONValue = [:]) -> JSONValue {
            .object(
                [.init("game", .string(String(self.game))), .init("seq", .integer(seq ?? -1))] + more.members)
        }

        /// The number of steps of the game.
        var rows: String {
            get throws { try self.server.sql("select count(*) from game_steps where game_id = \(self.game)") }
        }
    }

    private static func table(_ name: String, length: Int = 1) async throws -> Table {
        let server = try await Self.server.value
        let ports = try await Self.backends.value.map(\.port)
        let (white, black) = try await onThread {
            (
                try PlayClient.User.register("\(name)-ann", port: ports[0]),
                try PlayClient.User.register("\(name)-bob", port: ports[1])
            )
        }
        let game = try await Self.makeGame(server, white, black, length: length)
        return Table(server: server, ports: ports, white: white, black: black, game: game)
    }

    /// Makes a game of two, through a third instance.
    @Loop private static func makeGame(
        _ server: PostgresServer, _ white: PlayClient.User, _ black: PlayClient.User, length: Int
    ) async throws -> Int {
        let configuration = try server.configuration()
        let pool = PostgresPool(configuration)
        defer { pool.close() }
        let games = Games(configuration, pool, log: .standard)
        let rules = try #require(Match.Rules(length: length))
        let game = try await games.create(Game.Terms(rules: rules, clock: nil), by: white.account, clientID: nil)
        return try await games.join(game.id, by: black.account).id
    }

    /// Whose turn it is, and a command that he may send: after the opening roll always a move.
    private static func nextMove(_ client: PlayClient, _ table: Table) throws -> (color: String, members: JSONValue) {
        let plays = try client.ask("plays", ["game": .string(String(table.game))])
        let play = try #require(plays["plays"]?.elements.first)
        return (
            try #require(plays["player"]?.string), table.members(plays["seq"]?.number, .object([.init("moves", play)]))
        )
    }

    @Test(
        "two play a match to its end, over one instance or two: both hear every event once and in order, as the rows have it",
        arguments: [0, 1])
    func match(_ other: Int) async throws {
        let table = try await Self.table("match\(other)", length: 3)
        let (server, game) = (table.server, table.game)
        async let white = onThread {
            let client = try PlayClient(table.white, port: table.ports[0])
            var player = ScriptedPlayer(game: game, color: "white", seed: 1)
            try player.play(client)
            return (client.events(of: game), player.acknowledged)
        }
        async let black = onThread {
            let client = try PlayClient(table.black, port: table.ports[other])
            var player = ScriptedPlayer(game: game, color: "black", seed: 2)
            try player.play(client)
            return (client.events(of: game), player.acknowledged)
        }
        let (first, second) = (try await white, try await black)
        let seqs = first.0.map { $0["seq"]?.number ?? 0 }
        #expect(seqs == Array(1...max(1, seqs.count)))
        #expect(second.0.map { $0["seq"]?.number ?? 0 } == seqs)
        #expect(first.0.last?["event"] == "match_over")
        // The state after all that a command made comes with the last of it.
        let told = (first.0 + second.0).filter { $0["state"] != nil }
        #expect(!told.isEmpty && told.allSatisfy { $0["state"]?["seq"] == $0["seq"] })
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
            "select experience from ratings where user_id in (\(table.white.id), \(table.black.id)) and rating <> 1500")
        #expect(experience == "3\n3")
    }
    @Test("a command that comes again, over whichever instance, is acknowledged as the first time and carried out once")
    func idempotent() async throws {
        let table = try await Self.table("again")
        try await onThread {
            let clients = [
                try PlayClient(table.white, port: table.ports[0]), try PlayClient(table.black, port: table.ports[0]),
            ]
            let (color, members) = try Self.nextMove(clients[0], table)
            let user = color == "white" ? table.white : table.black
            let client = clients[color == "white" ? 0 : 1]
            let ack = try client.ask("move", members, id: "once")
            #expect(ack["type"] == "ack" && ack["seq"] == 2)
            #expect(try client.ask("move", members, id: "once") == ack)
            let elsewhere = try PlayClient(user, port: table.ports[1])
            #expect(try elsewhere.ask("move", members, id: "once") == ack)
            for other in [client, elsewhere] {
                let error = try other.ask("roll", table.members(2), id: "once")
                #expect(error["code"] == "id_reused" && error["retry"] == false)
                // The move again, as if it were a new one.
                let stale = try other.ask("move", members, id: "twice")
                #expect(stale["code"] == "stale_seq" && stale["seq"] == 2)
            }
            #expect(try table.rows == "2")
        }
    }

    @Test("of two different commands that two instances get at once, one is carried out")
    func race() async throws {
        let first = try await Self.table("race")
        for _ in 0..<10 {
            let game = try await Self.makeGame(first.server, first.white, first.black, length: 1)
            let table = Table(
                server: first.server, ports: first.ports, white: first.white, black: first.black, game: game)
            let answers = try await onThread {
                let asker = try PlayClient(table.white, port: table.ports[0])
                let (color, members) = try Self.nextMove(asker, table)
                let user = color == "white" ? table.white : table.black
                let clients = [
                    try PlayClient(user, port: table.ports[0]), try PlayClient(user, port: table.ports[1]),
                ]
                for (index, client) in clients.enumerated() { client.send("move", members, id: "race-\(index)") }
                return try clients.map { try $0.next() }
            }
            #expect(answers.count { $0["type"] == "ack" && $0["seq"] == 2 } == 1)
            #expect(answers.count { $0["code"] == "stale_seq" && $0["seq"] == 2 } == 1)
            #expect(try table.rows == "2")
        }
    }

    @Test("who comes back is told what he has missed, then the state, then what follows")
    func resume() async throws {
        let table = try await Self.table("resume")
        try await onThread {
            let clients = [
                try PlayClient(table.white, port: table.ports[0]), try PlayClient(table.black, port: table.ports[1]),
            ]
            let (color, members) = try Self.nextMove(clients[0], table)
            let (mover, roller) = color == "white" ? (clients[0], clients[1]) : (clients[1], clients[0])
            _ = try mover.ask("move", members)
            _ = try roller.ask("roll", table.members(2))
            let game = JSONValue.string(String(table.game))
            for after in 0...4 {
                let client = try PlayClient(table.white, port: table.ports[after % 2])
                let state = try client.ask("resume", ["game": game, "after": .integer(after)])
                let events = client.events(of: table.game)
                let seq = try #require(state["seq"]?.number)
                // Rolled; or rolled and passed.
                #expect((3...4).contains(seq) && state["state"]?["seq"] == state["seq"])
                #expect(events.map { $0["seq"]?.number ?? 0 } == (after < seq ? Array(after + 1...seq) : []))
                #expect(events.allSatisfy { $0["state"] == nil })
            }
            let watcher = try PlayClient(table.black, port: table.ports[0])
            _ = try watcher.ask("resume", ["game": game])
            #expect(watcher.events(of: table.game).isEmpty)
            let stranger = try PlayClient(
                try PlayClient.User.register("resume-eve", port: table.ports[0]), port: table.ports[1])
            _ = try stranger.ask("resume", ["game": game])
            let (_, next) = try Self.nextMove(roller, table)
            let ack = try roller.ask("move", next)
            for other in [watcher, stranger] {
                let event = try other.next()
                #expect(event["type"] == "event" && event["event"] == "moved" && event["seq"] == ack["seq"])
                #expect(event["state"]?["seq"] == ack["seq"])
            }
            #expect(try watcher.ask("leave", ["game": game])["type"] == "left")
            _ = try mover.ask("roll", table.members(ack["seq"]?.number))
            #expect(try watcher.ask("ping")["type"] == "pong")
            #expect(watcher.events(of: table.game).count == 1)
        }
    }

    @Test("an instance whose ear was cut off tells its watchers what it has missed")
    func lostNotification() async throws {
        let table = try await Self.table("deaf")
        try await onThread {
            let game = JSONValue.string(String(table.game))
            let watcher = try PlayClient(table.white, port: table.ports[1])
            _ = try watcher.ask("resume", ["game": game])
            let clients = [
                try PlayClient(table.white, port: table.ports[0]), try PlayClient(table.black, port: table.ports[0]),
            ]
            let (color, members) = try Self.nextMove(clients[0], table)
            // The rows are there before either instance can listen again.
            try table.server.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'; select pg_sleep(0)"
            )
            _ = try clients[color == "white" ? 0 : 1].ask("move", members)
            #expect(try watcher.next()["event"] == "moved")
        }
    }

    @Test("bad input gets an error that names it, and nothing changes in the game")
    func badInput() async throws {
        let table = try await Self.table("bad")
        try await onThread {
            let clients = [
                try PlayClient(table.white, port: table.ports[0]), try PlayClient(table.black, port: table.ports[0]),
            ]
            let stranger = try PlayClient(
                try PlayClient.User.register("bad-eve", port: table.ports[0]), port: table.ports[0])
            let (color, members) = try Self.nextMove(clients[0], table)
            let (mover, other) = color == "white" ? (clients[0], clients[1]) : (clients[1], clients[0])
            let game = #""game":"\#(table.game)""#
            let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
            func move(_ steps: String) -> String { #"{"type":"move","id":"x",\#(game),"seq":1,"moves":\#(steps)}"# }
            let texts: [(String, String)] = [
                ("", "malformed_json"), ("{", "malformed_json"), ("[1]", "invalid_field"), ("7", "invalid_field"),
                (#"{"type":"ping"}"#, "invalid_field"), (#"{"type":1,"id":"x"}"#, "invalid_field"),
                (#"{"id":"x"}"#, "invalid_field"), (#"{"type":"ping","id":""}"#, "invalid_field"),
                (#"{"type":"ping","id":"a b"}"#, "invalid_field"),
                (#"{"type":"ping","id":"\#(String(repeating: "x", count: 65))"}"#, "invalid_field"),
                (#"{"type":"dance","id":"x"}"#, "unknown_type"),
                (#"{"type":"ping","id":"x","deep":\#(deep)}"#, "malformed_json"),
                (#"{"type":"hello","id":"x"}"#, "invalid_field"),
                (#"{"type":"hello","id":"x","token":"nonsense"}"#, "unauthorized"),
                (#"{"type":"hello","id":"x","token":"\#(stranger.user.token)"}"#, "other_user"),
                (#"{"type":"resume","id":"x"}"#, "invalid_field"),
                (#"{"type":"resume","id":"x",\#(game),"after":-1}"#, "invalid_field"),
                (#"{"type":"resume","id":"x","game":"999999999"}"#, "not_found"),
                (#"{"type":"resume","id":"x","game":"-1"}"#, "not_found"),
                (#"{"type":"plays","id":"x","game":"9e99"}"#, "not_found"),
                (#"{"type":"roll","id":"x","game":"99999999999999999999","seq":1}"#, "not_found"),
                (#"{"type":"roll","id":"x",\#(game)}"#, "invalid_field"),
                (#"{"type":"roll","id":"x",\#(game),"seq":"1"}"#, "invalid_field"),
                (#"{"type":"roll","id":"x",\#(game),"seq":0}"#, "stale_seq"),
                (#"{"type":"roll","id":"x",\#(game),"seq":2}"#, "stale_seq"),
                (#"{"type":"roll","id":"x",\#(game),"seq":1}"#, "wrong_phase"),
                (#"{"type":"accept","id":"x",\#(game),"seq":1}"#, "wrong_phase"),
                (#"{"type":"resign","id":"x",\#(game),"seq":1}"#, "invalid_field"),
                (#"{"type":"resign","id":"x",\#(game),"seq":1,"value":4}"#, "invalid_field"),
                (move("[]"), "illegal_move"), (move("[[24,23]]"), "illegal_move"), (move("[[1,2]]"), "illegal_move"),
                (move("[[1,2,3]]"), "invalid_field"), (move("[[26,20]]"), "invalid_field"),
                (move("[[8,5],[8,5],[8,5],[8,5],[8,5]]"), "invalid_field"), (move("\"8/5\""), "invalid_field"),
                (move("[[1.5,2]]"), "invalid_field"), (move("[[1e99,2]]"), "invalid_field"),
            ]
            for (text, code) in texts {
                mover.sendText(text)
                let error = try mover.next()
                #expect(error["type"] == "error" && error["code"]?.string == code, "\(text): \(error.text)")
                #expect(error["detail"]?.string?.isEmpty == false && error["retry"] == false)
                if code == "illegal_move" { #expect(error["rule"]?.string != nil) }
            }
            #expect(try other.ask("move", members)["code"] == "not_your_turn")
            #expect(try stranger.ask("move", members)["code"] == "not_your_game")
            let silent = try WebSocketClient(port: table.ports[0], path: "/ws")
            silent.send(#"{"type":"resume","id":"x",\#(game)}"#)
            let error = PlayClient.parse(try #require(silent.next()).text)
            #expect(error?["code"] == "unauthorized" && error?["re"] == "x")
            silent.send(2, [1, 2, 3])
            #expect(silent.next()?.closeCode == 1003)
            #expect(try table.rows == "1")
            // Nothing of it stands in the way of the move.
            #expect(try mover.ask("move", members)["type"] == "ack")
        }
    }
}
