import EventLoop
import Testing
import Web

@testable import Backend

@Suite("Rate limits")
struct RateLimitTests {
    init() { Loop.startThread() }

    /// The limits with a clock that the test moves. Accounts are told by a header of the test.
    @Loop
    private final class Conversation {
        private var time = SuspendingClock.now
        private lazy var limits = RateLimits(
            proxies: self.proxies,
            account: { $0.headers["x-account"].flatMap { Int($0) }.map { Account(id: $0, name: "a") } },
            now: { self.time })
        private let proxies: TrustedProxies

        init(_ proxies: TrustedProxies = .none) { self.proxies = proxies }

        func wait(_ duration: Duration) { self.time = self.time.advanced(by: duration) }

        func ask(_ path: String, from peer: String, _ fields: [(String, String)] = []) async -> HTTPResponse {
            let headers = HeaderBlock(fields.map { .init($0.0, $0.1) })
            return await self.limits.answer(
                HTTPRequest("GET", path, headers: headers, peerAddress: peer)
            ) { _ in HTTPResponse.json("well") }
        }

        /// How many of `count` are allowed.
        func allowed(
            _ count: Int, _ path: String, from peer: String, _ fields: [(String, String)] = []
        ) async -> Int {
            var allowed = 0
            for _ in 0..<count where await self.ask(path, from: peer, fields).status == 200 { allowed += 1 }
            return allowed
        }
    }

    private static func header(_ name: String, _ response: HTTPResponse) -> String? {
        response.headers.first { $0.name == name }?.value
    }

    @Test("say what is left, refuse what is too much with 429, and allow again when they said")
    @Loop func refusal() async throws {
        let conversation = Conversation()
        let first = await conversation.ask("/api/login", from: "192.0.2.1")
        #expect(Self.header("RateLimit-Policy", first) == "\"credentials\";q=30;w=60")
        #expect(Self.header("RateLimit", first) == "\"credentials\";r=29;t=2")
        #expect(await conversation.allowed(40, "/api/register", from: "192.0.2.1") == 29)
        let refused = await conversation.ask("/api/login", from: "192.0.2.1")
        #expect(refused.status == 429)
        #expect(String(decoding: refused.body, as: UTF8.self).contains("\"code\":\"rate_limited\""))
        let wait = try #require(Self.header("Retry-After", refused).flatMap { Int($0) })
        conversation.wait(.seconds(wait))
        #expect(await conversation.allowed(5, "/api/login", from: "192.0.2.1") == 1)
        // Another address, and other requests of this one.
        #expect(await conversation.ask("/api/login", from: "192.0.2.2").status == 200)
        #expect(await conversation.ask("/api/games", from: "192.0.2.1").status == 200)
    }

    @Test("count an account wherever it comes from, and those without one by their address")
    @Loop func accounts() async {
        let conversation = Conversation()
        #expect(await conversation.allowed(150, "/a", from: "192.0.2.1", [("X-Account", "1")]) == 150)
        #expect(await conversation.allowed(150, "/a", from: "192.0.2.2", [("X-Account", "1")]) == 50)
        #expect(await conversation.allowed(1, "/a", from: "192.0.2.1", [("X-Account", "2")]) == 1)
        #expect(await conversation.allowed(1, "/a", from: "192.0.2.1") == 1)
        // Nobody gets more log-ins for being logged in.
        #expect(await conversation.allowed(30, "/api/login", from: "192.0.2.3", [("X-Account", "3")]) == 30)
        #expect(await conversation.allowed(1, "/api/login", from: "192.0.2.3", [("X-Account", "4")]) == 0)
    }

    @Test("count the client behind a trusted proxy, and a network of IPv6 as one")
    @Loop func addresses() async throws {
        let conversation = Conversation(try TrustedProxies("10.0.0.0/8"))
        let forwarded = [("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")]
        #expect(await conversation.allowed(40, "/api/login", from: "10.0.0.1", forwarded) == 30)
        #expect(await conversation.allowed(1, "/api/login", from: "203.0.113.7") == 0)
        #expect(await conversation.allowed(1, "/api/login", from: "10.0.0.1") == 1)
        #expect(await conversation.allowed(40, "/api/login", from: "2001:db8:1:2::1") == 30)
        #expect(await conversation.allowed(1, "/api/login", from: "2001:db8:1:2:ffff::9") == 0)
        #expect(await conversation.allowed(1, "/api/login", from: "2001:db8:1:3::1") == 1)
    }

    @Test("never meet a probe, even one each second beside an address that asks too much of all else")
    @Loop func probes() async {
        let conversation = Conversation()
        for _ in 0..<600 {
            _ = await conversation.allowed(3, "/api/games", from: "192.0.2.1")
            // Render's, a monitor's and an impatient person's, all from one address.
            #expect(await conversation.allowed(8, "/health", from: "192.0.2.1") == 8)
            conversation.wait(.seconds(1))
        }
    }
}
