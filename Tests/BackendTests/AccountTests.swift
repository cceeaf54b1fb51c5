import EventLoop
import FoundationEssentials
import Postgres
import ServiceTestKit
import Support
import Testing
import Web

@testable import Backend

/// The routes as a client sees them, on a real PostgreSQL, without a socket.
@Suite("Accounts", .serialized)
struct AccountTests {
    private static let server = Task { try await PostgresServer.make() }

    init() { Loop.startThread() }

    /// The routes over an own pool. The names that tests register differ, as they share the database.
    @Loop
    private struct Backend {
        let pool: PostgresPool
        let accounts: Accounts
        let tokens: AccessTokens
        private let router: Router

        init(
            _ server: PostgresServer, database: String = "postgres", wait: Duration = .seconds(30)
        ) async throws {
            let configuration = try server.configuration(database: database)
            _ = try await Migrator(configuration, Schema.migrations).run()
            var limits = PostgresPool.Limits()
            (limits.connect, limits.wait, limits.statement, limits.transaction) =
                (.seconds(20), wait, .seconds(30), .seconds(60))
            self.pool = PostgresPool(configuration, limits)
            let settings = try BackendSettings(
                environment: BackendProcess.environment(server.url(), port: 3000).merging(
                    ["SUPABASE_JWT_SECRET": AccountTests.supabaseSecret.value]) { $1 })
            self.accounts = Accounts(settings, self.pool, log: .standard)
            self.tokens = AccessTokens(settings.accessTokenSecret)
            var router = Router()
            self.accounts.addRoutes(to: &router)
            self.router = router
        }

        func ask(
            _ method: String, _ path: String, _ body: String = "", token: String? = nil
        ) async -> (status: Int, json: JSONValue, response: HTTPResponse) {
            let headers = token.map { HeaderBlock([.init("Authorization", "Bearer " + $0)]) } ?? HeaderBlock()
            let response = await self.router.answer(
                HTTPRequest(method, path, headers: headers, body: Array(body.utf8)))
            let json = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))
            return (response.status, json ?? .null, response)
        }

        func register(_ name: String) async throws -> JSONValue {
            let answer = await self.ask("POST", "/api/register", AccountTests.credentials(name))
            try #require(answer.status == 201)
            return answer.json
        }

        func refresh(_ token: String?) async -> (status: Int, token: String?, code: String?) {
            let answer = await self.ask("POST", "/api/refresh", #"{"refreshToken":"\#(token ?? "")"}"#)
            return (answer.status, answer.json["refreshToken"]?.string, answer.json["code"]?.string)
        }

        func close() {
            self.accounts.close()
            self.pool.close()
        }
    }

    private static let supabaseSecret = Secret("supabase-secret-of-the-test-0123456789")

    private static func credentials(_ name: String, _ password: String = "correct horse") -> String {
        #"{"name":"\#(name)","password":"\#(password)"}"#
    }

    @Loop private static func backend() async throws -> Backend { try await Backend(try await Self.server.value) }

    @Test("are registered, logged into in any case of the name, and known by their token")
    @Loop func life() async throws {
        let backend = try await Self.backend()
        let registered = try await backend.register("Life_1")
        #expect(registered["expiresIn"] == 900 && registered["user"]?["name"] == "Life_1")
        let login = await backend.ask("POST", "/api/login", Self.credentials("lIFE_1"))
        #expect(login.status == 200 && login.json["user"] == registered["user"])
        for answer in [registered, login.json] {
            let me = await backend.ask("GET", "/api/me", token: answer["accessToken"]?.string)
            #expect(me.status == 200 && me.json == registered["user"])
        }
        let taken = await backend.ask("POST", "/api/register", Self.credentials("life_1"))
        #expect(taken.status == 409 && taken.json["code"] == "name_taken")
        backend.close()
    }

    @Test("can't be had with a wrong password, and a wrong name is answered the same")
    @Loop func wrong() async throws {
        let backend = try await Self.backend()
        _ = try await backend.register("wrong-1")
        // A user of an earlier backend, who has no password.
        _ = try await backend.pool.query("insert into users (name, login) values ('old', 'old')")
        let password = await backend.ask("POST", "/api/login", Self.credentials("wrong-1", "incorrect"))
        #expect(password.status == 401 && password.json["code"] == "wrong_credentials")
        for name in ["wrong-2", "old", "no name at all!", ""] {
            let answer = await backend.ask("POST", "/api/login", Self.credentials(name))
            #expect(answer.response == password.response)
        }
        backend.close()
    }

    @Test("answer bad input with a problem that names it, and nobody is registered")
    @Loop func badInput() async throws {
        let backend = try await Self.backend()
        let before = try await backend.pool.query("select count(*) from users").integer(0, 0)
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        for (body, code, word) in [
            ("", "invalid_field", "name"), ("{", "malformed_json", ""), ("[]", "invalid_field", ""),
            ("{\"name\":\(deep)}", "malformed_json", ""), (#"{"name":1}"#, "invalid_field", "name"),
            (#"{"name":"bad-1"}"#, "invalid_field", "password"),
            (Self.credentials("bad-1", "1234567"), "invalid_field", "password"),
            (Self.credentials("bad-1", String(repeating: "x", count: 257)), "invalid_field", "password"),
            (Self.credentials("x"), "invalid_field", "name"), (Self.credentials("a b"), "invalid_field", "name"),
            (Self.credentials("Ánn"), "invalid_field", "name"),
            (Self.credentials("a\\u0000b"), "invalid_field", "name"),
            (Self.credentials("Player-1"), "invalid_field", "name"),
            (Self.credentials(String(repeating: "x", count: 33)), "invalid_field", "name"),
        ] {
            let answer = await backend.ask("POST", "/api/register", body)
            #expect(answer.status == 400 && answer.json["code"]?.string == code)
            #expect(answer.json["detail"]?.string?.contains(word) == true || word.isEmpty)
        }
        #expect(try await backend.pool.query("select count(*) from users").integer(0, 0) == before)
        backend.close()
    }

    @Test("keep neither password nor token in the database")
    @Loop func stored() async throws {
        let backend = try await Self.backend()
        let answer = try await backend.register("stored-1")
        let token = try #require(answer["refreshToken"]?.string)
        let rows = try await backend.pool.query(
            "select u.password_hash, t.hash::text from users u join sessions s on s.user_id = u.id "
                + "join refresh_tokens t on t.session_id = s.id where u.login = 'stored-1'")
        let (password, hash) = try #require(try rows.first(as: String.self, [UInt8].self))
        #expect(password.hasPrefix("$argon2id$"))
        #expect(hash.count == 32 && Base64URL.encode(hash) != token)
        backend.close()
    }

    @Test("go on through refreshes, each with a new token")
    @Loop func rotation() async throws {
        let backend = try await Self.backend()
        var tokens = [try await backend.register("rotation-1")["refreshToken"]?.string]
        for _ in 0..<5 {
            let answer = await backend.refresh(tokens.last ?? nil)
            #expect(answer.status == 200)
            tokens.append(answer.token)
        }
        #expect(Set(tokens).count == 6)
        for wrong in ["", "x", String(repeating: "A", count: 43), (tokens.last ?? nil).map { $0 + "A" }] {
            let answer = await backend.refresh(wrong)
            #expect(answer.status == 401 && answer.code == "session_over")
        }
        // Guessing ends no session.
        #expect(await backend.refresh(tokens.last ?? nil).status == 200)
        backend.close()
    }

    @Test("end a session whose old token is used again after the new one was")
    @Loop func reuse() async throws {
        let backend = try await Self.backend()
        let registered = try await backend.register("reuse-1")
        let other = await backend.ask("POST", "/api/login", Self.credentials("reuse-1")).json["refreshToken"]?.string
        let first = registered["refreshToken"]?.string
        let second = await backend.refresh(first).token
        let third = await backend.refresh(second).token
        #expect(third != nil)
        #expect(await backend.refresh(first).status == 401)
        for token in [first, second, third] { #expect(await backend.refresh(token).status == 401) }
        // Another device is another session.
        #expect(await backend.refresh(other).status == 200)
        backend.close()
    }

    @Test("end a session whose token is used again after the time in which an answer may have been lost")
    @Loop func lateReuse() async throws {
        let backend = try await Self.backend()
        let first = try await backend.register("late-1")["refreshToken"]?.string
        let second = await backend.refresh(first).token
        _ = try await backend.pool.query(
            """
            update refresh_tokens set replaced_at = replaced_at - interval '61 seconds' where session_id in
            (select s.id from sessions s join users u on u.id = s.user_id where u.login = 'late-1')
            """)
        #expect(await backend.refresh(first).status == 401)
        #expect(await backend.refresh(second).status == 401)
        backend.close()
    }

    @Test("give the same token to all that refresh at the same time, and to one whose answer was lost")
    @Loop func doubleRefresh() async throws {
        let backend = try await Self.backend()
        let first = try await backend.register("double-1")["refreshToken"]?.string
        var answers: [String?] = []
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addLoopTask { await backend.refresh(first).token } }
            for try await token in group { answers.append(token) }
        }
        answers.append(await backend.refresh(first).token)
        #expect(answers.count == 11 && Set(answers).count == 1 && !answers.contains(nil))
        #expect(await backend.refresh(answers[0]).status == 200)
        backend.close()
    }

    @Test("are not refreshed in a session that is over")
    @Loop func expired() async throws {
        let backend = try await Self.backend()
        let registered = try await backend.register("expired-1")
        let id = try #require(registered["user"]?["id"]?.string)
        _ = try await backend.pool.query("update sessions set expires_at = now() where user_id = $1", [.text(id)])
        #expect(await backend.refresh(registered["refreshToken"]?.string).status == 401)
        // The next log-in clears it away.
        _ = await backend.ask("POST", "/api/login", Self.credentials("expired-1"))
        let count = try await backend.pool.query("select count(*) from sessions where user_id = $1", [.text(id)])
        #expect(count.integer(0, 0) == 1)
        backend.close()
    }

    @Test("are logged out of on one device, or on all")
    @Loop func logOut() async throws {
        let backend = try await Self.backend()
        let registered = try await backend.register("out-1")
        var others: [String?] = []
        for _ in 0..<2 {
            others.append(
                await backend.ask("POST", "/api/login", Self.credentials("out-1")).json["refreshToken"]?.string)
        }
        let first = registered["refreshToken"]?.string
        for _ in 0..<2 {
            let answer = await backend.ask("POST", "/api/logout", #"{"refreshToken":"\#(first ?? "")"}"#)
            #expect(answer.status == 204 && answer.response.body.isEmpty)
        }
        #expect(await backend.refresh(first).status == 401)
        others[0] = await backend.refresh(others[0]).token
        #expect(others[0] != nil)
        #expect(await backend.ask("POST", "/api/logout-all").status == 401)
        let all = await backend.ask("POST", "/api/logout-all", token: registered["accessToken"]?.string)
        #expect(all.status == 204)
        for token in others { #expect(await backend.refresh(token).status == 401) }
        backend.close()
    }

    @Test("ask for a token, and take no other form of it")
    @Loop func noToken() async throws {
        let backend = try await Self.backend()
        let token = backend.tokens.make(for: Account(id: 1, name: "a"), now: 1_000)
        for wrong in [nil, "", "x", token, token + " " + token] {
            let answer = await backend.ask("GET", "/api/me", token: wrong)
            #expect(answer.status == 401 && answer.json["code"] == "unauthorized")
            #expect(answer.response.headers.contains(.init("WWW-Authenticate", "Bearer")))
        }
        backend.close()
    }

    @Test("of a Supabase project's users come to be at the first request, once")
    @Loop func supabase() async throws {
        let backend = try await Self.backend()
        let token = JSONWebToken.sign(
            [
                "iss": "https://x.supabase.co/auth/v1", "sub": "8a8d-1", "role": "authenticated",
                "aud": "authenticated", "exp": 4_000_000_000,
            ], key: Array(Self.supabaseSecret.value.utf8))
        var accounts: Set<Account> = []
        try await withThrowingTaskGroup(of: Account?.self) { group in
            for _ in 0..<10 {
                group.addLoopTask { try await backend.accounts.authenticator.authenticate(token: token) }
            }
            for try await account in group { accounts.insert(try #require(account)) }
        }
        #expect(accounts.count == 1)
        #expect(accounts.first?.name == AccountName.ofSupabaseUser("8a8d-1"))
        #expect(await backend.ask("GET", "/api/me", token: token).json["name"]?.string == accounts.first?.name)
        // Another instance finds the same.
        let other = try await Self.backend()
        #expect(try await other.accounts.authenticator.authenticate(token: token) == accounts.first)
        other.close()
        backend.close()
    }

    @Test("answer 503 and when to ask again while the database is away, and go on afterwards")
    @Loop func databaseAway() async throws {
        let server = try await PostgresServer.make()
        let backend = try await Backend(server, wait: .seconds(1))
        let registered = try await backend.register("away-1")
        try await onThread { try server.stop() }
        for (path, body) in [
            ("/api/login", Self.credentials("away-1")), ("/api/register", Self.credentials("away-2")),
            ("/api/refresh", #"{"refreshToken":"\#(registered["refreshToken"]?.string ?? "")"}"#),
        ] {
            let answer = await backend.ask("POST", path, body)
            #expect(answer.status == 503 && answer.json["code"] == "unavailable")
            #expect(answer.response.headers.contains(.init("Retry-After", "1")))
        }
        // Who somebody is needs no database.
        #expect(await backend.ask("GET", "/api/me", token: registered["accessToken"]?.string).status == 200)
        try await onThread { try server.start() }
        let deadline = Loop.now.advanced(by: .seconds(30))
        while await backend.refresh(registered["refreshToken"]?.string).status != 200, Loop.now < deadline {
            try await Loop.sleep(for: .milliseconds(50))
        }
        #expect(await backend.refresh(registered["refreshToken"]?.string).status == 200)
        backend.close()
    }

    @Test("answer 503 where they would write while the database takes no writes, and tell who asks on")
    @Loop func readOnly() async throws {
        let server = try await Self.server.value
        _ = try await onThread { try server.sql("create database closed") }
        let before = try await Backend(server, database: "closed")
        let registered = try await before.register("closed-1")
        before.close()
        _ = try await onThread { try server.sql("alter database closed set default_transaction_read_only = on") }
        let backend = try await Backend(server, database: "closed")
        let token = registered["refreshToken"]?.string ?? ""
        for (path, body) in [
            ("/api/register", Self.credentials("closed-2")), ("/api/login", Self.credentials("closed-1")),
            ("/api/refresh", #"{"refreshToken":"\#(token)"}"#), ("/api/logout", #"{"refreshToken":"\#(token)"}"#),
        ] {
            let answer = await backend.ask("POST", path, body)
            #expect(answer.status == 503 && answer.json["code"] == "unavailable")
        }
        #expect(await backend.ask("GET", "/api/me", token: registered["accessToken"]?.string).status == 200)
        backend.close()
    }
}

/// The program itself, over sockets.
@Suite("Accounts of the program", .serialized)
struct AccountProcessTests {
    @Test("a crowd that logs in is answered, or told to come back, and health is answered meanwhile")
    func crowd() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        let port = backend.port
        let (statuses, healthWasFirst) = try await onThread {
            func send(_ client: RawClient, _ path: String, _ body: String, from host: Int = 0) {
                client.send(
                    "POST \(path) HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 198.51.100.\(host)\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            let body = #"{"name":"crowd","password":"correct horse"}"#
            let first = try RawClient(port: port)
            send(first, "/api/register", body)
            let registered = first.answer(within: .seconds(30))?.status
            let clients = try (0..<100).map { _ in try RawClient(port: port) }
            let began = ContinuousClock.now
            for (host, client) in clients.enumerated() { send(client, "/api/login", body, from: host) }
            let health = try RawClient(port: port)
            health.send("GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n")
            let live = health.answer(within: .seconds(30))?.status
            let healthTook = began.duration(to: .now)
            let statuses = clients.map { $0.answer(within: .seconds(60))?.status }
            // Everybody's work is still to be done when health, asked last, is answered.
            return ([registered, live] + statuses, healthTook < began.duration(to: .now) / 2)
        }
        #expect(statuses.prefix(2) == [201, 200])
        #expect(healthWasFirst)
        let logins = statuses.dropFirst(2)
        // Two at work and sixty in line; of the others some are refused.
        #expect(logins.contains(200) && logins.contains(503))
        #expect(logins.allSatisfy { $0 == 200 || $0 == 503 })
        let log = backend.child.text
        for secret in Array(BackendProcess.secrets.values) + ["correct horse"] { #expect(!log.contains(secret)) }
    }

    @Test("who asks too much is told so by address, and neither others nor the machine's probes are")
    func tooMuch() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        let port = backend.port
        let statuses = try await onThread {
            let client = try RawClient(port: port)
            return (0..<40).map { _ in
                // No work: the name is malformed.
                client.send("POST /api/login HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}")
                return client.answer(within: .seconds(30))?.status
            }
        }
        #expect(statuses.prefix(30) == ArraySlice(Array(repeating: 400, count: 30)))
        #expect(statuses.contains(429))
        for path in ["/health", "/health/internal", "/health/live"] {
            #expect(try await backend.get(path).status == 200)
        }
        #expect(try await backend.get("/health").header("RateLimit")?.hasPrefix("\"health\";r=") == true)
        #expect(try await backend.get("/health/internal").header("RateLimit") == nil)
    }
}
