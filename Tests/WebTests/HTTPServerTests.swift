import EventLoop
import ServiceTestKit
import Testing

@testable import Web

@Suite("The HTTP server")
struct HTTPServerTests {
    @Test("answers, also when the handler has to wait, and names each request")
    func answers() async throws {
        try await TestServer.with { server in
            let now = try await RawClient.get("/now", port: server.port)
            #expect(now.status == 200)
            #expect(now.body == "\"now\"\n")
            #expect(now.header("X-Request-Id")?.isEmpty == false)
            let soon = try await RawClient.get("/soon?x=1", port: server.port)
            #expect(soon.status == 200)
            #expect(soon.body == "\"x=1\"\n")
            #expect(soon.header("X-Request-Id") != now.header("X-Request-Id"))
        }
    }

    @Test(
        "repeats a harmless request id of the client, and no other",
        arguments: [("abc-1.2_3", true), ("a b", false), ("", false), (String(repeating: "x", count: 65), false)])
    func requestIDs(offered: String, isTaken: Bool) async throws {
        try await TestServer.with { server in
            let answer = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("GET /now HTTP/1.1\r\nHost: t\r\nX-Request-Id: \(offered)\r\n\r\n")
                return client.answer()
            }
            #expect((answer?.header("X-Request-Id") == offered) == isTaken)
        }
    }

    @Test("answers HEAD as GET without a body")
    func head() async throws {
        try await TestServer.with { server in
            let (first, second) = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("HEAD /now HTTP/1.1\r\nHost: t\r\n\r\n")
                let first = client.answer(hasBody: false)
                client.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                return (first, client.answer())
            }
            #expect(first?.status == 200)
            #expect(first?.header("Content-Length") == "6")
            #expect(second?.body == "\"now\"\n")
        }
    }

    @Test("answers pipelined requests in their order")
    func pipelining() async throws {
        try await TestServer.with { server in
            let text = try await onThread {
                let client = try RawClient(port: server.port)
                client.send(
                    "GET /soon?1 HTTP/1.1\r\nHost: t\r\n\r\nGET /now HTTP/1.1\r\nHost: t\r\n\r\n"
                        + "POST /count HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
                        + "GET /soon?2 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
                return client.receiveAll(within: .seconds(5))
            }
            let bodies = text.text.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "\n" } }
            #expect(bodies == ["\"1\"", "\"now\"", "3", "\"2\""])
            #expect(text.isClosed)
        }
    }

    @Test("reads a body in chunks, and one of a byte at a time")
    func bodies() async throws {
        try await TestServer.with { server in
            let answers = try await onThread {
                let client = try RawClient(port: server.port)
                client.send("POST /count HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
                client.send("3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n")
                let chunked = client.answer()
                client.send("POST /count HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n")
                for _ in 0..<5 { client.send("x") }
                return [chunked, client.answer()]
            }
            #expect(answers.map { $0?.body } == ["19\n", "5\n"])
        }
    }

    @Test("answers requests in progress before it stops, does not wait for probes, and takes no new ones")
    func stop() async throws {
        try await TestServer.with { server in
            async let soon = RawClient.get("/soon?last", port: server.port)
            async let probe = RawClient.get("/probe", port: server.port)
            try await server.arrivals.reach(2)
            let began = ContinuousClock.now
            await server.server.stop(within: .seconds(10))
            #expect(began.duration(to: .now) < .seconds(2))
            #expect(try await soon.body == "\"last\"\n")
            #expect(try await probe.status == 503)
            await #expect(throws: TestKitError.self) { try await RawClient.get("/now", port: server.port) }
        }
    }

    @Test("gives up on requests that are not answered within the stop's limit")
    func stopLimit() async throws {
        try await TestServer.with { server in
            async let never = RawClient.get("/never", port: server.port)
            try await server.arrivals.reach(1)
            await server.server.stop(within: .milliseconds(200))
            #expect(try await never.status == 503)
        }
    }

    @Test("is gone for good when it has stopped, also when a client kept its connection")
    func stopBesideKeptConnection() async throws {
        let client = try await TestServer.with { server in
            try await onThread {
                let client = try RawClient(port: server.port)
                client.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                #expect(client.answer()?.status == 200)
                return client
            }
        }
        // A timer that was left would come for a server that is gone, and end the program.
        try await Self.turns(3)
        withExtendedLifetime(client) {}
    }

    @Loop private static func turns(_ count: Int) async throws {
        for _ in 0..<count { try await Loop.sleep(for: .milliseconds(1)) }
    }

    @Test("survives clients that leave before their answer")
    func leavers() async throws {
        try await TestServer.with { server in
            try await onThread {
                for _ in 0..<100 {
                    try RawClient(port: server.port).send("GET /soon HTTP/1.1\r\nHost: t\r\n\r\n")
                }
            }
            try await server.arrivals.reach(100)
            #expect(try await RawClient.get("/now", port: server.port).status == 200)
        }
    }

    @Test("says why a port can't be had")
    func portTaken() async throws {
        try await TestServer.with { server in
            let error = await #expect(throws: HTTPServerError.self) { try await Self.listen(on: server.port) }
            #expect(error?.code == .cannotListen)
            #expect(error?.description == "cannot listen on port \(server.port): Address already in use")
        }
    }

    @Loop private static func listen(on port: UInt16) throws {
        _ = try HTTPServer(port: port, log: .standard, router: Router())
    }
}
