import EventLoop
import ServiceTestKit
import Testing

@testable import Web

@Suite("Against a hostile client, the HTTP server")
struct HostileClientTests {
    /// What one client sends, and the status it gets.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        var status = 400
        /// libmicrohttpd (0.9.75) itself refuses a malformed length before we see it, and does so twice. The first
        /// answer says that the connection ends, so nobody takes the second one for another request's.
        var isDoubled = false
        var testDescription: String { self.name }
    }

    private static let attacks = [
        Attack(name: "two lengths", bytes: "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        Attack(name: "the same length twice", bytes: "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        Attack(name: "length and chunks", bytes: "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Attack(name: "chunks and length", bytes: "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        Attack(name: "an unknown coding", bytes: "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Attack(name: "two codings", bytes: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Attack(name: "a length that is no number", bytes: "Content-Length: 3x\r\n\r\nabc", isDoubled: true),
        Attack(name: "a negative length", bytes: "Content-Length: -3\r\n\r\nabc", isDoubled: true),
        Attack(name: "NUL in a value", bytes: "X-A: a\0b\r\n\r\n"),
        Attack(name: "NUL at the end of a value", bytes: "X-A: a\0\r\n\r\n"),
        Attack(name: "NUL at the end of the last but one value", bytes: "X-A: a\0\r\nX-B: b\r\n\r\n"),
        Attack(name: "NUL alone as value", bytes: "X-A: \0\r\n\r\n"),
        Attack(name: "a length behind NUL", bytes: "X-A: a\0Content-Length: 3\r\n\r\nabc"),
        Attack(name: "NUL in a name", bytes: "X-\0A: a\r\n\r\n"),
        Attack(name: "white space before the colon", bytes: "Content-Length : 3\r\n\r\nabc"),
        Attack(name: "a name with a space", bytes: "X A: a\r\n\r\n"),
        Attack(name: "a bare line feed", bytes: "X-A: a\nContent-Length: 3\r\n\r\nabc"),
        Attack(name: "a folded line", bytes: "X-A: a\r\n b\r\n\r\n"),
        Attack(name: "a control character", bytes: "X-A: a\u{1}b\r\n\r\n"),
        Attack(name: "a bare carriage return", bytes: "X-A: a\rb\r\n\r\n"),
        Attack(name: "no colon", bytes: "X-A\r\n\r\n"),
        Attack(name: "a second host", bytes: "Host: other\r\n\r\n"),
        Attack(
            name: "a header over 16 KiB", bytes: "X-A: \(String(repeating: "a", count: 16_384))\r\n\r\n", status: 431),
        Attack(
            name: "a header far over 16 KiB", bytes: "X-A: \(String(repeating: "a", count: 200_000))\r\n\r\n",
            status: 431),
        Attack(
            name: "thousands of fields", bytes: String(repeating: "a:\r\n", count: 3900) + "\r\n", status: 431),
        Attack(
            name: "a body over 64 KiB", bytes: "Content-Length: 65537\r\n\r\n\(String(repeating: "a", count: 65_537))",
            status: 413),
        Attack(name: "a body said to be huge", bytes: "Content-Length: 99999999999999\r\n\r\n", status: 413),
        Attack(
            name: "a body beyond numbers", bytes: "Content-Length: 99999999999999999999999\r\n\r\n", status: 413,
            isDoubled: true),
        Attack(
            name: "chunks over 64 KiB",
            bytes: "Transfer-Encoding: chunked\r\n\r\n10001\r\n\(String(repeating: "a", count: 65_537))\r\n0\r\n\r\n",
            status: 413),
    ]

    @Test("refuses and hangs up", arguments: Self.attacks)
    func refuses(attack: Attack) async throws {
        try await TestServer.with { server in
            let (text, isClosed) = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("POST /count HTTP/1.1\r\nHost: t\r\n" + attack.bytes)
                return client.receiveAll(within: .seconds(10))
            }
            #expect(text.hasPrefix("HTTP/1.1 \(attack.status) "))
            #expect(isClosed)
            // One answer, not a second one to bytes that were taken for another request.
            #expect(text.ranges(of: "HTTP/1.1 ").count == (attack.isDoubled ? 2 : 1))
            #expect(text.prefix { $0 != "{" }.contains("Connection: close"))
            #expect(try await RawClient.get("/now", port: server.port).status == 200)
        }
    }

    @Test(
        "refuses a malformed request line",
        arguments: [
            "GET /now\0/x HTTP/1.1\r\nHost: t\r\n\r\n", "GET /n\0ow HTTP/1.1\r\nHost: t\r\n\r\n",
            "G\0ET /now HTTP/1.1\r\nHost: t\r\n\r\n", "GET  /now HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /now HTTP/1.1\nHost: t\r\n\r\n", "GET /now HTTP/1.1\r\n\r\n", "GET /now\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ])
    func requestLines(text: String) async throws {
        try await TestServer.with { server in
            let (text, isClosed) = try await onThread {
                let client = try RawClient(port: server.port)
                client.send(text)
                return client.receiveAll(within: .seconds(10))
            }
            // libmicrohttpd hangs up without a word on what is no HTTP at all.
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 505"))
            #expect(isClosed)
        }
    }

    @Test("takes a header and a body that are just within the limits")
    func withinLimits() async throws {
        try await TestServer.with { server in
            let answer = try await onThread {
                let client = try RawClient(port: server.port)
                let line = "POST /count HTTP/1.1\r\n"
                let fields = "Host: t\r\nContent-Length: 65536\r\nX-A: "
                let filling = 16 * 1024 - line.utf8.count - fields.utf8.count - 4
                client.send(line + fields + String(repeating: "a", count: filling) + "\r\n\r\n")
                client.send(String(repeating: "b", count: 65_536))
                return client.answer()
            }
            #expect(answer?.status == 200)
            #expect(answer?.body == "65536\n")
        }
    }

    @Test("has ten seconds of patience, unless told otherwise")
    func standardPatience() {
        #expect(HTTPServer.Limits().clientPatience == .seconds(10))
        #expect(HTTPServer.Limits().headerBytes == 16 * 1024)
        #expect(HTTPServer.Limits().bodyBytes == 64 * 1024)
    }

    /// How a client wastes time, after its `beginning`: one more byte of `drip` each 20 ms.
    private static let dawdlers = [
        ("before its first byte", "", ""),
        ("in the request line", "GET /no", "w"),
        ("in the header", "GET /now HTTP/1.1\r\nHost: t\r\nX-A: ", "a"),
        ("in the body", "POST /count HTTP/1.1\r\nHost: t\r\nContent-Length: 60000\r\n\r\n", "a"),
        ("in the second request", "GET /now HTTP/1.1\r\nHost: t\r\n\r\nGET /now HTTP/1.1\r\nX-A: ", "a"),
        ("after its first request", "GET /now HTTP/1.1\r\nHost: t\r\n\r\n", ""),
    ]

    @Test("cuts off who dawdles, however steadily bytes come", arguments: Self.dawdlers)
    func slowClients(place: String, beginning: String, drip: String) async throws {
        let took: Duration? = try await TestServer.with({ $0.clientPatience = .milliseconds(600) }) { server in
            try await onThread {
                let client = try RawClient(port: server.port)
                client.send(beginning)
                let began = ContinuousClock.now
                while began.duration(to: .now) < .seconds(5) {
                    if !drip.isEmpty { client.send(drip) }
                    if client.isClosed(within: .milliseconds(20)) { return began.duration(to: .now) }
                }
                return nil
            }
        }
        let patience = try #require(took, "was not cut off")
        #expect(patience > .milliseconds(500) && patience < .seconds(4))
    }

    @Test("cuts off who does not take the answer")
    func slowReaders() async throws {
        try await TestServer.with({ $0.clientPatience = .milliseconds(600) }) { server in
            let (text, isClosed) = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("GET /large HTTP/1.1\r\nHost: t\r\n\r\n")
                // Nothing is read for so long that the patience has ended.
                _ = client.isClosed(within: .zero)
                try RawClient.pause(.milliseconds(1_500))
                return client.receiveAll(within: .seconds(5))
            }
            #expect(isClosed)
            #expect(text.utf8.count < 32 << 20)
        }
    }

    @Test("answers 503 when the handler takes too long, and serves the connection on")
    func slowHandlers() async throws {
        try await TestServer.with({ $0.answer = .milliseconds(300) }) { server in
            let answers = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("GET /never HTTP/1.1\r\nHost: t\r\n\r\n")
                let first = client.answer()
                client.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                return [first?.status, client.answer()?.status]
            }
            #expect(answers == [503, 200])
        }
    }

    @Test("lets no more clients in than its limit, and the next one when one leaves")
    func connectionLimit() async throws {
        try await TestServer.with({ $0.connections = 2 }) { server in
            let waited = try await onThread {
                var clients = [try RawClient(port: server.port), try RawClient(port: server.port)]
                for client in clients {
                    client.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                    guard client.answer() != nil else { return false }
                }
                let third = try RawClient(port: server.port)
                third.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                let early = third.answer(within: .milliseconds(300))
                clients.removeAll()
                return early == nil && third.answer()?.status == 200
            }
            #expect(waited)
        }
    }
}
