import EventLoop
import Glibc
import Postgres
import ServiceTestKit
import Support
import Testing
import Web

@testable import Backend

/// The HTTP side of games, over real sockets, on two instances and a real PostgreSQL. Each answer is held against
/// `openapi.json` (``HTTPPlayer``).
@Suite("Games over HTTP", .serialized)
struct PlayHTTPTests {
    private static let server = Task { try await PostgresServer.make() }
    private static let instances = Task {
        let url = try await Self.server.value.url()
        return (try await BackendProcess.startHealthy(url), try await BackendProcess.startHealthy(url))
    }

    init() { Loop.startThread() }

    private static func ports() async throws -> (UInt16, UInt16) {
        let (first, second) = try await Self.instances.value
        return (first.port, second.port)
    }

    @Test("openapi.json describes every route, each with its methods, and no other")
    @Loop func description() async throws {
        let settings = try BackendSettings(
            environment: BackendProcess.environment("postgres://nobody@127.0.0.1:1/none", port: 3000))
        let pool = PostgresPool(settings.database)
        let accounts = Accounts(settings, pool, log: .standard)
        let health = Health(settings, schema: SchemaUpkeep(settings.database, log: .standard), log: .standard)
        var router = Router()
        Backend.addRoutes(
            to: &router, settings, pool, health, accounts, Games(settings.database, pool, log: .standard),
            log: .standard)
        let text = await router.answer(HTTPRequest("GET", "/openapi.json")).body
        let document = try #require(PlayClient.parse(String(decoding: text, as: UTF8.self)))
        var described: [String: Set<String>] = [:]
        for path in document["paths"]?.members ?? [] {
            described[path.name] = Set(path.value.members.map { $0.name.uppercased() }.filter { $0 != "PARAMETERS" })
        }
        var pages = Router()
        Page.addRoutes(to: &pages)
        #expect(router.paths.filter { pages.paths[$0.key] == nil } == described)
        #expect(document["openapi"]?.string?.hasPrefix("3.1.") == true)
        accounts.close()
        health.close()
        pool.close()
    }

    @Test("a game is made, found, joined and given up, whichever instance is asked, and each may be repeated")
    func life() async throws {
        let (one, two) = try await Self.ports()
        try await onThread {
            let ann = try HTTPPlayer("life-ann", port: one)
            let bob = try HTTPPlayer("life-bob", port: two)
            let carol = try HTTPPlayer("life-carol", port: two)
            let anybody = HTTPPlayer(user: nil, port: two)
            let wish = #"{"clientId":"w1","matchLength":3,"clock":{"reserveSeconds":600,"delaySeconds":12}}"#
            let made = try ann.ask("POST", "/api/games", wish, status: 201)
            let id = made["id"]?.string ?? ""
            #expect(made["status"] == "waiting" && made["players"]?["white"]?["name"] == "life-ann")
            // No answer may have come: the same is asked again, of the other instance.
            #expect(try ann.at(two).ask("POST", "/api/games", wish, status: 201)["id"]?.string == id)
            #expect(try anybody.ask("GET", "/api/games/\(id)", status: 200) == made)
            let waiting = try anybody.ask("GET", "/api/games?status=waiting&limit=100", status: 200)
            #expect(waiting["games"]?.elements.contains { $0["id"]?.string == id } == true)
            #expect(try anybody.ask("GET", "/api/games/\(id)/plays", status: 200)["plays"] == [])
            #expect(try anybody.ask("GET", "/api/games/\(id)/match.mat").code == "not_started")

            let joined = try bob.ask("POST", "/api/games/\(id)/join", status: 200)
            #expect(joined["status"] == "playing" && joined["seq"] == 1 && joined["clock"]?["delaySeconds"] == 12)
            for player in [bob, ann] {
                #expect(try player.ask("POST", "/api/games/\(id)/join", status: 200)["seq"] == 1)
            }
            #expect(try carol.ask("POST", "/api/games/\(id)/join").code == "game_full")
            #expect(try ann.ask("DELETE", "/api/games/\(id)").code == "already_started")
            let plays = try anybody.ask("GET", "/api/games/\(id)/plays", status: 200)
            #expect(plays["player"] == joined["turn"] && plays["plays"]?.elements.isEmpty == false)

            let resigned = try ann.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r1"}"#, status: 200)
            #expect(resigned["status"] == "finished" && resigned["result"]?["winner"] == "black")
            #expect(resigned["result"]?["reason"] == "resigned")
            let again = try ann.at(two).ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r1"}"#, status: 200)
            #expect(again["seq"] == resigned["seq"] && again["result"] == resigned["result"])
            #expect(try bob.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r2"}"#).code == "game_over")

            let history = try anybody.ask("GET", "/api/games/\(id)/history", status: 200)
            #expect(history["events"]?.elements.map { $0["event"] } == ["started", "match_over"])
            let own = try ann.ask("GET", "/api/games?player=me&status=finished", status: 200)
            #expect(own["games"]?.elements.map { $0["id"]?.string } == [id])
        }
    }

    @Test("who made a game that nobody has joined takes it back, and nobody else does")
    func takeBack() async throws {
        let (one, two) = try await Self.ports()
        try await onThread {
            let ann = try HTTPPlayer("back-ann", port: one)
            let bob = try HTTPPlayer("back-bob", port: two)
            let id = try ann.ask("POST", "/api/games", status: 201)["id"]?.string ?? ""
            #expect(try bob.ask("DELETE", "/api/games/\(id)").code == "not_your_game")
            #expect(try bob.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r"}"#).code == "not_your_game")
            #expect(try ann.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r"}"#).code == "not_started")
            #expect(try ann.at(two).ask("DELETE", "/api/games/\(id)").status == 204)
            #expect(try bob.ask("GET", "/api/games/\(id)").code == "not_found")
            #expect(try bob.ask("POST", "/api/games/\(id)/join").code == "not_found")
        }
    }

    @Test("a match that was played is told in full by its history, page by page, and by its file")
    func history() async throws {
        let (one, two) = try await Self.ports()
        let (ann, bob, game) = try await onThread {
            let ann = try HTTPPlayer("told-ann", port: one)
            let bob = try HTTPPlayer("told-bob", port: two)
            let made = try ann.ask("POST", "/api/games", #"{"matchLength":2}"#, status: 201)
            let id = try #require(made["id"]?.string)
            _ = try bob.ask("POST", "/api/games/\(id)/join", status: 200)
            return (try #require(ann.user), try #require(bob.user), try #require(Int(id)))
        }
        async let white: Void = onThread {
            var player = ScriptedPlayer(game: game, color: "white", seed: 11)
            try player.play(try PlayClient(ann, port: one))
        }
        async let black: Void = onThread {
            var player = ScriptedPlayer(game: game, color: "black", seed: 12)
            try player.play(try PlayClient(bob, port: two))
        }
        _ = try await (white, black)
        try await onThread {
            let anybody = HTTPPlayer(user: nil, port: one)
            let path = "/api/games/\(game)"
            let seq = try anybody.ask("GET", path, status: 200)["seq"]?.number ?? 0
            var events: [JSONValue] = []
            var after: Int? = 0
            while let start = after {
                let page = try anybody.ask("GET", "\(path)/history?after=\(start)&limit=7", status: 200)
                events += page["events"]?.elements ?? []
                after = page["next"]?.number
            }
            #expect(events.map { $0["seq"]?.number } == Array(1...seq))
            #expect(events.last?["event"] == "match_over")
            let behind = try anybody.ask("GET", "\(path)/history?after=\(seq)", status: 200)
            #expect(behind["events"] == [] && behind["next"] == .null)

            let file = try anybody.ask("GET", "\(path)/match.mat")
            #expect(file.status == 200)
            #expect(file.raw.header("Content-Disposition") == "attachment; filename=\"gammonguru-\(game).mat\"")
            let text = file.raw.body
            #expect(text.hasPrefix(" 2 point match\n") && text.contains("told-ann") && text.contains("told-bob"))
            #expect(text.contains("and the match"))
            func count(_ event: String) -> Int { events.filter { $0["event"]?.string == event }.count }
            #expect(text.matches(of: /[1-6][1-6]:/).count == count("moved"))
            #expect(text.matches(of: /Doubles/).count == count("doubled"))
            #expect(text.matches(of: /Game [0-9]+/).count == count("started"))
        }
    }

    @Test("pages of a list hold every game once, the newest first, though games are made meanwhile")
    func pages() async throws {
        let (one, two) = try await Self.ports()
        try await onThread {
            let ann = try HTTPPlayer("pages-ann", port: one)
            let made = try (0..<5).map { _ in try ann.ask("POST", "/api/games", status: 201)["id"]?.string ?? "" }
            var seen: [String] = []
            var next: String? = ""
            while let cursor = next {
                let query = cursor.isEmpty ? "" : "&cursor=\(cursor)"
                let id = ann.user?.id ?? 0
                let page = try HTTPPlayer(user: nil, port: two)
                    .ask("GET", "/api/games?player=\(id)&limit=2\(query)", status: 200)
                seen += page["games"]?.elements.compactMap { $0["id"]?.string } ?? []
                next = page["next"]?.string
                _ = try ann.ask("POST", "/api/games", status: 201)
            }
            #expect(seen == made.reversed())
        }
    }

    @Test("the leaderboard is in the order of ratings, and its pages together are the whole")
    func leaderboard() async throws {
        let (one, _) = try await Self.ports()
        let server = try await Self.server.value
        try await onThread {
            for (name, rating) in [("a", 1701.25), ("b", 1701.25), ("c", 1650.5), ("d", 900), ("e", 1500)] {
                _ = try server.sql(
                    """
                    with new as (insert into users (name, login) values ('rank-\(name)', 'rank-\(name)') returning id)
                    insert into ratings (user_id, rating, experience) select id, \(rating), 9 from new
                    """)
            }
            let anybody = HTTPPlayer(user: nil, port: one)
            let whole = try anybody.ask("GET", "/api/leaderboard?limit=100", status: 200)["players"]?.elements ?? []
            var paged: [JSONValue] = []
            var next: String? = ""
            while let cursor = next {
                let query = cursor.isEmpty ? "" : "&cursor=\(cursor)"
                let page = try anybody.ask("GET", "/api/leaderboard?limit=2\(query)", status: 200)
                paged += page["players"]?.elements ?? []
                next = page["next"]?.string
            }
            #expect(paged == whole)
            #expect(whole.map { $0["rank"]?.number } == Array(1...whole.count))
            let names = whole.compactMap { $0["name"]?.string }.filter { $0.hasPrefix("rank-") }
            #expect(names == ["rank-a", "rank-b", "rank-c", "rank-e", "rank-d"])
            #expect(whole.first { $0["name"] == "rank-a" }?["rating"] == .number(1701.25))
        }
    }

    @Test("bad input is answered with a stable code, and nothing changes")
    func badInput() async throws {
        let (one, _) = try await Self.ports()
        let server = try await Self.server.value
        try await onThread {
            let ann = try HTTPPlayer("bad-ann", port: one)
            let bob = try HTTPPlayer("bad-bob", port: one)
            let nobody = HTTPPlayer(user: nil, port: one)
            let game = try ann.ask("POST", "/api/games", status: 201)["id"]?.string ?? ""
            let counts = """
                select (select count(*) from games), (select count(*) from game_steps), (select count(*) from queue_places)
                """
            let before = try server.sql(counts)
            let cases: [(HTTPPlayer, String, String, String, Int, String)] = [
                (nobody, "POST", "/api/games", "", 401, "unauthorized"),
                (nobody, "POST", "/api/games/\(game)/join", "", 401, "unauthorized"),
                (nobody, "POST", "/api/queue", "", 401, "unauthorized"),
                (nobody, "GET", "/api/queue", "", 401, "unauthorized"),
                (nobody, "GET", "/api/games?player=me", "", 401, "unauthorized"),
                (ann, "POST", "/api/games", "{", 400, "malformed_json"),
                (ann, "POST", "/api/games", "[]", 400, "invalid_field"),
                (ann, "POST", "/api/games", "\"\u{ff}", 400, "malformed_json"),
                (ann, "POST", "/api/games", #"{"matchLength":26}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"matchLength":-1}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"matchLength":"3"}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"matchLength":1.5}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"matchLength":1e99}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"matchLength":3,"jacoby":true}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"clientId":"a b"}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"clientId":""}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games", #"{"clock":{"reserveSeconds":600}}"#, 400, "invalid_field"),
                (
                    ann, "POST", "/api/games", #"{"clock":{"reserveSeconds":9,"delaySeconds":0}}"#, 400,
                    "invalid_field"
                ),
                (
                    ann, "POST", "/api/games", #"{"clock":{"reserveSeconds":600,"delaySeconds":3601}}"#, 400,
                    "invalid_field"
                ),
                (ann, "POST", "/api/queue", #"{"matchLength":0,"jacoby":true}"#, 400, "invalid_field"),
                (ann, "POST", "/api/queue", #"{"matchLength":99}"#, 400, "invalid_field"),
                (ann, "POST", "/api/games/\(game)/resign", "", 400, "invalid_field"),
                (ann, "POST", "/api/games/\(game)/resign", #"{"clientId":"r"}"#, 409, "not_started"),
                (bob, "POST", "/api/games/\(game)/resign", #"{"clientId":"r"}"#, 403, "not_your_game"),
                (bob, "DELETE", "/api/games/\(game)", "", 403, "not_your_game"),
                (ann, "POST", "/api/games/999999/join", "", 404, "not_found"),
                (ann, "POST", "/api/games/none/join", "", 404, "not_found"),
                (ann, "GET", "/api/games/-1", "", 404, "not_found"),
                (ann, "GET", "/api/games/99999999999999999999", "", 404, "not_found"),
                (ann, "GET", "/api/games/9223372036854775807/history", "", 404, "not_found"),
                (ann, "GET", "/api/games/\(game)/nothing", "", 404, "not_found"),
                (ann, "PUT", "/api/games/\(game)", "", 405, "method_not_allowed"),
                (ann, "GET", "/api/games/\(game)/history?after=-1", "", 400, "invalid_field"),
                (ann, "GET", "/api/games/\(game)/history?after=99999999999", "", 400, "invalid_field"),
                (ann, "GET", "/api/games/\(game)/history?limit=501", "", 400, "invalid_field"),
                (ann, "GET", "/api/games?limit=0", "", 400, "invalid_field"),
                (ann, "GET", "/api/games?limit=x", "", 400, "invalid_field"),
                (ann, "GET", "/api/games?status=won", "", 400, "invalid_field"),
                (ann, "GET", "/api/games?player=1;drop", "", 400, "invalid_field"),
                (ann, "GET", "/api/games?cursor=1%27", "", 400, "invalid_field"),
                (ann, "GET", "/api/leaderboard?cursor=1:nan:1", "", 400, "invalid_field"),
                (ann, "GET", "/api/leaderboard?cursor=1:2", "", 400, "invalid_field"),
                (ann, "GET", "/api/leaderboard?cursor=9223372036854775807:1:1", "", 400, "invalid_field"),
            ]
            for (player, method, path, body, status, code) in cases {
                let answer = try player.ask(method, path, body)
                #expect(answer.status == status && answer.code == code, "\(method) \(path) \(body)")
                #expect(answer.raw.header("Content-Type") == "application/problem+json")
                #expect(answer.json["detail"]?.string?.isEmpty == false)
            }
            for (body, status, code) in try Self.brokenBodies() {
                let token = try #require(ann.user).token
                for path in ["/api/games", "/api/queue", "/api/games/\(game)/resign"] {
                    let client = try RawClient(port: one)
                    let head = "POST \(path) HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \(token)\r\n"
                    client.send(Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
                    let answer = try #require(client.answer(within: .seconds(60)))
                    #expect(answer.status == status && PlayClient.parse(answer.body)?["code"]?.string == code)
                }
            }
            #expect(try server.sql(counts) == before)
            // What nobody has heard of is no fault.
            let made = try bob.ask("POST", "/api/games", #"{"matchLength":3,"colour":"red","deep":[{}]}"#, status: 201)
            #expect(made["matchLength"] == 3)
        }
    }

    /// What is no JSON that could be read, though all is well with its frame.
    private static func brokenBodies() throws -> [([UInt8], Int, String)] {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        return [
            (Array("{\"clientId\":\"".utf8) + [0xFF] + Array("\"}".utf8), 400, "malformed_json"),
            // An overlong form, and half of a pair.
            (Array("{\"clientId\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8), 400, "malformed_json"),
            (Array(#"{"clientId":"\ud800"}"#.utf8), 400, "malformed_json"),
            (Array("{\"deep\":\(deep)}".utf8), 400, "malformed_json"),
            (Array("{\"pad\":\"\(String(repeating: "x", count: 1 << 16))\"}".utf8), 413, "too_large"),
        ]
    }

    // MARK: Queue

    @Test("of all that ask the queues of two instances at once, two each get one game, and are told so")
    func crowd() async throws {
        let (one, two) = try await Self.ports()
        let players = try await onThread {
            try (0..<12).map { try HTTPPlayer("crowd-\($0)", port: $0 % 2 == 0 ? one : two) }
        }
        let wish = #"{"matchLength":7,"clock":{"reserveSeconds":77,"delaySeconds":7}}"#
        try await withThrowingTaskGroup(of: Void.self) { group in
            for player in players {
                group.addLoopTask {
                    try await onThread {
                        // Whoever has sat down already is told the same again.
                        for _ in 0..<2 { _ = try player.ask("POST", "/api/queue", wish, status: 200) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await onThread {
            var games: [String: Int] = [:]
            for player in players {
                let place = try player.ask("GET", "/api/queue", status: 200)
                #expect(place["status"] == "matched" && place["clock"]?["reserveSeconds"] == 77)
                games[place["game"]?.string ?? "none", default: 0] += 1
            }
            #expect(games.values.allSatisfy { $0 == 2 } && games.count == 6 && games["none"] == nil)
            for id in games.keys {
                let game = try players[0].ask("GET", "/api/games/\(id)", status: 200)
                #expect(game["status"] == "playing" && game["matchLength"] == 7)
            }
        }
    }

    @Test("a place is kept, replaced by other wishes, left, and taken anew after its game")
    func place() async throws {
        let (one, two) = try await Self.ports()
        try await onThread {
            let ann = try HTTPPlayer("place-ann", port: one)
            let bob = try HTTPPlayer("place-bob", port: two)
            let none = try ann.ask("GET", "/api/queue", status: 200)
            #expect(none["status"] == "idle" && none["game"] == .null)
            let first = try ann.ask("POST", "/api/queue", #"{"matchLength":19}"#, status: 200)
            #expect(first["status"] == "waiting" && first["game"] == .null)
            // No answer may have come: the place in the line is not lost by asking again.
            let again = try ann.at(two).ask("POST", "/api/queue", #"{"matchLength":19}"#, status: 200)
            #expect(again["since"] == first["since"] && again["status"] == "waiting")
            let other = try ann.ask("POST", "/api/queue", #"{"matchLength":21}"#, status: 200)
            #expect(other["matchLength"] == 21)
            // Nobody waits for the old wishes any more.
            #expect(try bob.ask("POST", "/api/queue", #"{"matchLength":19}"#, status: 200)["status"] == "waiting")
            for _ in 0..<2 { #expect(try bob.ask("DELETE", "/api/queue").status == 204) }
            #expect(try bob.ask("GET", "/api/queue", status: 200)["status"] == "idle")

            let socket = try PlayClient(try #require(ann.user), port: one)
            let matched = try bob.ask("POST", "/api/queue", #"{"matchLength":21}"#, status: 200)
            let id = matched["game"]?.string ?? ""
            while socket.heard.isEmpty { _ = try socket.next() }
            #expect(socket.heard.first?["type"] == "matched" && socket.heard.first?["game"]?.string == id)
            let game = try ann.ask("GET", "/api/games/\(id)", status: 200)
            // Who has waited first is white.
            #expect(game["players"]?["white"]?["name"] == "place-ann")
            #expect(try ann.ask("POST", "/api/queue", #"{"matchLength":21}"#, status: 200)["game"]?.string == id)

            _ = try ann.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"r"}"#, status: 200)
            #expect(try ann.ask("GET", "/api/queue", status: 200)["game"]?.string == id)
            let anew = try ann.ask("POST", "/api/queue", #"{"matchLength":21}"#, status: 200)
            #expect(anew["status"] == "waiting" && anew["game"] == .null)
            _ = try ann.ask("DELETE", "/api/queue")
        }
    }

    @Test("the place of who went away without leaving ends by itself, and who asks again in time keeps his")
    func gone() async throws {
        let (one, two) = try await Self.ports()
        let server = try await Self.server.value
        try await onThread {
            let players = try ["ann", "bob", "eve"].map { try HTTPPlayer("gone-\($0)", port: one) }
            let (ann, bob, eve) = (players[0], players[1].at(two), players[2].at(two))
            /// As if that many seconds had gone by since `player` asked last.
            func wait(_ seconds: Int, _ player: HTTPPlayer) throws {
                try server.sql(
                    "update queue_places set asked_at = asked_at - interval '\(seconds) seconds'"
                        + " where user_id = \(try #require(player.user).id)")
            }
            let wish = #"{"matchLength":23}"#
            let first = try ann.ask("POST", "/api/queue", wish, status: 200)
            try wait(80, ann)
            #expect(try ann.ask("GET", "/api/queue", status: 200)["status"] == "waiting")
            let kept = try ann.ask("POST", "/api/queue", wish, status: 200)
            #expect(kept["since"] == first["since"])
            let until = try #require(kept["until"]?.string)
            #expect(until > (try #require(first["until"]?.string)))
            try wait(80, ann)
            #expect(try ann.ask("GET", "/api/queue", status: 200)["status"] == "waiting")
            try wait(11, ann)
            #expect(try ann.ask("GET", "/api/queue", status: 200)["status"] == "idle")
            // Nobody is put into a game with her.
            #expect(try bob.ask("POST", "/api/queue", wish, status: 200)["status"] == "waiting")
            let matched = try eve.ask("POST", "/api/queue", wish, status: 200)
            let game = try eve.ask("GET", "/api/games/\(matched["game"]?.string ?? "")", status: 200)
            #expect(game["players"]?["white"]?["name"] == "gone-bob")
            // Who is back waits anew; what came of a place is told for as long as it takes.
            try wait(1000, bob)
            let found = try bob.ask("GET", "/api/queue", status: 200)
            #expect(found["game"] == matched["game"] && found["until"] == .null)
            #expect(try ann.ask("POST", "/api/queue", wish, status: 200)["status"] == "waiting")
            _ = try ann.ask("DELETE", "/api/queue")
        }
    }

    @Test("who waits is found after the program was killed, and while the database is away all is told to come back")
    func outage() async throws {
        let server = try await PostgresServer.make()
        let first = try await BackendProcess.startHealthy(server.url())
        let port = first.port
        let (ann, bob) = try await onThread {
            let ann = try HTTPPlayer("outage-ann", port: port)
            let bob = try HTTPPlayer("outage-bob", port: port)
            _ = try ann.ask("POST", "/api/queue", #"{"matchLength":5}"#, status: 200)
            first.child.kill(SIGKILL)
            return (ann, bob)
        }
        let second = try await BackendProcess.startHealthy(server.url())
        let id = try await onThread {
            let matched = try bob.at(second.port).ask("POST", "/api/queue", #"{"matchLength":5}"#, status: 200)
            #expect(matched["status"] == "matched")
            return matched["game"]?.string ?? ""
        }
        try await onThread {
            try server.stop()
            let ann = ann.at(second.port)
            for (method, path, body) in [
                ("POST", "/api/games", #"{"clientId":"o"}"#), ("POST", "/api/games/\(id)/resign", #"{"clientId":"o"}"#),
                ("POST", "/api/queue", ""), ("DELETE", "/api/queue", ""), ("GET", "/api/leaderboard", ""),
            ] {
                let answer = try ann.ask(method, path, body)
                #expect(answer.status == 503 && answer.code == "unavailable")
                #expect(answer.raw.header("Retry-After") != nil)
            }
            try server.start()
        }
        // Health has a connection of its own; this asks over those of the pool.
        #expect(try await second.becomes(200, "/api/leaderboard", within: .seconds(60)))
        try await onThread {
            let ann = ann.at(second.port)
            #expect(try ann.ask("GET", "/api/games/\(id)", status: 200)["status"] == "playing")
            let list = try ann.ask("GET", "/api/games?player=me", status: 200)
            #expect(list["games"]?.elements.count == 1)
            let resigned = try ann.ask("POST", "/api/games/\(id)/resign", #"{"clientId":"o"}"#, status: 200)
            #expect(resigned["status"] == "finished")
        }
    }
}
