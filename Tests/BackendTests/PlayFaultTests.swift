import Backgammon
import EventLoop
import Glibc
import Postgres
import ServiceTestKit
import Support
import Testing

@testable import Backend

/// What players are told, and what is kept, while the database does not do what it is asked for.
@Suite("Live play, when the database fails,")
struct PlayFaultTests {
    init() { Loop.startThread() }

    /// A game of two whose players both talk to one instance, and whose opening move is due.
    private struct Board {
        let server: PostgresServer
        let game: Int
        let clients: [String: PlayClient]
        /// Who has the opening move.
        let color: String
        let port: UInt16

        init(_ server: PostgresServer, _ port: UInt16, _ users: [PlayClient.User], game: Int) throws {
            self.server = server
            self.game = game
            self.port = port
            self.clients = [
                "white": try PlayClient(users[0], port: port), "black": try PlayClient(users[1], port: port),
            ]
            let state = try Self.state(try #require(self.clients["white"]), game)
            self.color = try #require(state["turn"]?.string)
        }

        static func state(_ client: PlayClient, _ game: Int) throws -> JSONValue {
            try #require(try client.ask("resume", ["game": .string(String(game))])["state"])
        }

        func client(_ color: String) throws -> PlayClient { try #require(self.clients[color]) }

        /// The next command that can be sent, by whose turn it is, for the state that is now.
        func next() throws -> (client: PlayClient, type: String, members: JSONValue) {
            let state = try Self.state(try self.client("white"), self.game)
            let client = try self.client(try #require(state["turn"]?.string))
            var members: [JSONValue.Member] = [
                .init("game", .string(String(self.game))), .init("seq", try #require(state["seq"])),
            ]
            guard state["phase"] == "move" else { return (client, "roll", .object(members)) }
            let plays = try client.ask("plays", ["game": .string(String(self.game))])["plays"]?.elements
            members.append(.init("moves", try #require(plays?.first)))
            return (client, "move", .object(members))
        }

        var rows: String {
            get throws { try self.server.sql("select count(*) from game_steps where game_id = \(self.game)") }
        }
    }

    @Loop private static func makeGame(
        _ server: PostgresServer, _ white: PlayClient.User, _ black: PlayClient.User
    ) async throws -> Int {
        let configuration = try server.configuration()
        let pool = PostgresPool(configuration)
        defer { pool.close() }
        let games = Games(configuration, pool, log: .standard)
        let rules = try #require(Match.Rules(length: 25))
        let game = try await games.create(Game.Terms(rules: rules, clock: nil), by: white.account, clientID: nil)
        return try await games.join(game.id, by: black.account).id
    }

    /// Runs `body` with a server, an instance and a game of its own.
    private static func withBoard(_ body: @escaping @Sendable (Board) throws -> Void) async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        let port = backend.port
        let users = try await onThread {
            [try PlayClient.User.register("ann", port: port), try PlayClient.User.register("bob", port: port)]
        }
        let game = try await Self.makeGame(server, users[0], users[1])
        try await onThread { try body(try Board(server, port, users, game: game)) }
        withExtendedLifetime(backend) {}
    }

    /// Sends the same command until it is acknowledged, as the protocol says, and returns the answer.
    private static func repeated(
        _ client: PlayClient, _ type: String, _ members: JSONValue, id: String
    ) throws -> JSONValue {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while true {
            let answer = try client.ask(type, members, id: id)
            guard answer["retry"] == true, ContinuousClock.now < deadline else { return answer }
            usleep(UInt32(answer["retryAfterMs"]?.number ?? 100) * 1_000)
        }
    }

    @Test("a command in flight when the database freezes is unavailable, and carried out once when it is repeated")
    func frozen() async throws {
        try await Self.withBoard { board in
            let (client, type, members) = try board.next()
            board.server.freeze()
            let error = try client.ask(type, members, id: "frozen")
            #expect(error["code"] == "unavailable" && error["retry"] == true)
            #expect(error["retryAfterMs"]?.number != nil)
            // What the server had received already may still be carried out now.
            board.server.thaw()
            let ack = try Self.repeated(client, type, members, id: "frozen")
            #expect(ack["type"] == "ack" && ack["seq"] == 2)
            #expect(try board.rows == "2")
            #expect(client.events(of: board.game).map { $0["seq"] ?? 0 }.count { $0 == 2 } <= 1)
        }
    }

    @Test(
        "an instance that is stopped or killed in the middle of a move loses none and doubles none",
        arguments: [SIGTERM, SIGKILL])
    func instance(_ signal: Int32) async throws {
        let server = try await PostgresServer.make()
        let first = try await BackendProcess.startHealthy(server.url())
        let port = first.port
        let users = try await onThread {
            [try PlayClient.User.register("ann", port: port), try PlayClient.User.register("bob", port: port)]
        }
        let game = try await Self.makeGame(server, users[0], users[1])
        var backend = first
        for round in 0..<5 {
            let (port, child, id) = (backend.port, backend.child, "round-\(round)")
            let sent = try await onThread {
                let board = try Board(server, port, users, game: game)
                let (client, type, members) = try board.next()
                client.send(type, members, id: id)
                child.kill(signal)
                let (answer, code) = client.rest(id)
                return (user: client.user, type: type, members: members, answer: answer, code: code)
            }
            if signal == SIGTERM { #expect(sent.code == 1012) }
            #expect(child.waitForExit(within: .seconds(30)) != nil)
            backend = try await BackendProcess.startHealthy(server.url())
            let next = backend.port
            let again = try await onThread {
                try PlayClient(sent.user, port: next).ask(sent.type, sent.members, id: id)
            }
            #expect(again["type"] == "ack")
            // An answer that came before the end is the one that comes now.
            if let answer = sent.answer { #expect(answer == again) }
            let rows = try server.sql(
                "select count(*) from game_steps where game_id = \(game) and command like '\(id) %'")
            #expect(rows == "1")
        }
    }

    @Test("a database that dies and comes back costs no acknowledged move, and the connections live on")
    func dead() async throws {
        try await Self.withBoard { board in
            for round in 0..<2 {
                var acknowledged = 0
                for step in 0..<5 {
                    let (client, type, members) = try board.next()
                    acknowledged = try #require(
                        try client.ask(type, members, id: "alive-\(round)-\(step)")["seq"]?.number)
                }
                let (client, type, members) = try board.next()
                try board.server.stop()
                let error = try client.ask(type, members, id: "dead-\(round)")
                #expect(error["code"] == "unavailable" && error["retry"] == true)
                try board.server.start()
                let ack = try Self.repeated(client, type, members, id: "dead-\(round)")
                #expect(ack["type"] == "ack")
                let last = try board.server.sql(
                    "select max(last_seq) from game_steps where game_id = \(board.game)")
                #expect(Int(last) == ack["seq"]?.number)
                #expect(try #require(ack["seq"]?.number) > acknowledged)
            }
        }
    }

    @Test("a read-only database is read on; commands are unavailable until it is writable, and nothing is acknowledged")
    func readOnly() async throws {
        try await Self.withBoard { board in
            let (client, type, members) = try board.next()
            try Self.setReadOnly(true, board.server)
            let error = try client.ask(type, members, id: "read-only")
            #expect(error["code"] == "unavailable" && error["retry"] == true)
            let late = try PlayClient(client.user, port: board.port)
            #expect(try Board.state(late, board.game)["seq"] == 1)
            #expect(try late.ask("plays", ["game": .string(String(board.game))])["plays"]?.elements.isEmpty == false)
            #expect(try board.rows == "1")
            try Self.setReadOnly(false, board.server)
            #expect(try Self.repeated(client, type, members, id: "read-only")["seq"] == 2)
            #expect(try board.rows == "2")
        }
    }

    private static func setReadOnly(_ isReadOnly: Bool, _ server: PostgresServer) throws {
        // Of its own transaction, which must be one that may write.
        try server.sql("alter system set default_transaction_read_only = \(isReadOnly ? "on" : "off")")
        try server.sql("select pg_reload_conf()")
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while try server.sql("show default_transaction_read_only") != (isReadOnly ? "on" : "off") {
            try #require(ContinuousClock.now < deadline)
            usleep(20_000)
        }
    }

    @Test(
        "a full disk is read on; commands are unavailable until there is room, and nothing is acknowledged",
        .enabled(if: getuid() == 0, "only root can mount a small file system"))
    func diskFull() async throws {
        try await Self.withBoard { board in
            let folder = TestFolder()
            func shell(_ script: String) throws {
                let done = try ChildProcess.run("/bin/sh", ["-ec", script], within: .seconds(30))
                guard done.status == 0 else { throw TestKitError(done.text) }
            }
            let disk = folder.path + "/disk"
            try shell(
                "mkdir \(disk); chmod 755 \(folder.path); mount -t tmpfs -o size=4m none \(disk); chown postgres \(disk)"
            )
            defer {
                try? board.server.stop()
                try? shell("umount \(disk)")
                withExtendedLifetime(folder) {}
            }
            try board.server.sql("create tablespace small location '\(disk)'")
            try board.server.sql("alter table game_steps set tablespace small")
            try shell("! dd if=/dev/zero of=\(disk)/full bs=4k 2>/dev/null")
            var refused: (client: PlayClient, type: String, members: JSONValue)?
            // What is left of the last page has room for some.
            for step in 0..<200 where refused == nil {
                let next = try board.next()
                let before = try board.rows
                let answer = try next.client.ask(next.type, next.members, id: "full-\(step)")
                if answer["type"] == "ack" { continue }
                #expect(answer["code"] == "unavailable" && answer["retry"] == true)
                #expect(try board.rows == before)
                #expect(try Board.state(next.client, board.game)["seq"] == next.members["seq"])
                refused = next
            }
            let (client, type, members) = try #require(refused)
            try shell("rm \(disk)/full")
            #expect(try Self.repeated(client, type, members, id: "roomy")["type"] == "ack")
        }
    }
}
