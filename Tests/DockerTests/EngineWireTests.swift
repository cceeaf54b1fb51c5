import Docker
import EventLoop
import ServiceTestKit
import Testing

@Suite("The engine's answers, right and wrong", .serialized, .timeLimit(.minutes(1)))
struct EngineWireTests {
    init() { Loop.startThread() }

    private static let container =
        #"{"Id":"abc","Names":["/app-1"],"Labels":{"a":"b"},"State":"running","Created":1700000000}"#

    /// Lists containers from a server that answers with `steps`.
    @Loop private func list(
        within limit: Duration = .seconds(5), _ steps: [ScriptedServer.Step]
    ) async throws(EngineError) -> [ContainerSummary] {
        let server = ScriptedServer { _ in steps }
        defer { server.stop() }
        return try await Engine(socketPath: server.path).containers(labels: ["a=b", "c"], within: limit)
    }

    @Loop private func code(within limit: Duration = .seconds(5), _ steps: [ScriptedServer.Step]) async -> EngineError
        .Code?
    {
        do throws(EngineError) {
            _ = try await self.list(within: limit, steps)
            return nil
        } catch { return error.code }
    }

    @Test("reads a list, and asks for it with version and filter")
    @Loop func list() async throws {
        let server = ScriptedServer { _ in ScriptedServer.json("[\(Self.container)]") }
        defer { server.stop() }
        let engine = Engine(socketPath: server.path)
        let summaries = try await engine.containers(labels: ["a=b", "c"], within: .seconds(5))
        #expect(
            summaries == [
                ContainerSummary(
                    id: "abc", name: "app-1", labels: ["a": "b"], state: .running,
                    created: EngineTime(text: "1700000000", nanosecondsSince1970: 1_700_000_000_000_000_000))
            ])
        #expect(server.requests.count == 2)
        let filter = "%7B%22label%22%3A%5B%22a%3Db%22%2C%22c%22%5D%7D"
        #expect(server.requests[1].hasPrefix("GET /v1.41/containers/json?all=1&filters=\(filter) HTTP/1.1\r\n"))
    }

    @Test("keeps its connection and its version from call to call")
    @Loop func keptConnection() async throws {
        let server = ScriptedServer { _ in ScriptedServer.json("[]") }
        defer { server.stop() }
        let engine = Engine(socketPath: server.path)
        for _ in 0..<5 { _ = try await engine.containers(labels: [], within: .seconds(5)) }
        #expect(server.connectionCount == 1)
        #expect(server.requests.count == 6)
    }

    @Test("reads a chunked answer that comes in the smallest pieces")
    @Loop func chunkedSplit() async throws {
        let half = Self.container.index(Self.container.startIndex, offsetBy: 40)
        let (one, two) = ("[\(Self.container[..<half])", "\(Self.container[half...])]")
        func chunk(_ text: String) -> String { "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk(one))\(chunk(two))0\r\n\r\n"
        let steps = answer.flatMap { [ScriptedServer.Step.send(String($0)), .pause(.microseconds(100))] }
        #expect(try await self.list(steps + [.next]).map(\.id) == ["abc"])
    }

    @Test("gives the engine's own message for what it does not know")
    @Loop func notFound() async {
        let server = ScriptedServer { _ in
            ScriptedServer.json(#"{"message":"No such container: x"}"#, status: "404 Not Found")
        }
        defer { server.stop() }
        await #expect(throws: EngineError(.notFound, "No such container: x")) {
            try await Engine(socketPath: server.path).inspect("x", within: .seconds(5))
        }
    }

    @Test(
        "tells refusals apart by their status",
        arguments: [
            ("409 Conflict", EngineError.Code.conflict), ("500 Oops", .refused(500)), ("503 Busy", .refused(503)),
        ])
    @Loop func refusals(status: String, code: EngineError.Code) async {
        #expect(await self.code(ScriptedServer.json(#"{"message":"no"}"#, status: status)) == code)
    }

    @Test("gives up at the deadline when the engine never answers")
    @Loop func neverAnswers() async {
        let began = Loop.now
        #expect(await self.code(within: .milliseconds(200), [.hang]) == .timedOut)
        #expect(began.duration(to: Loop.now) < .seconds(2))
    }

    @Test("gives up at the deadline when the engine stops in the middle of its answer")
    @Loop func stopsMidway() async {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n["
        #expect(await self.code(within: .milliseconds(200), [.send(head), .hang]) == .timedOut)
    }

    @Test(
        "calls it unreachable when the connection closes before the answer is whole",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[",
        ])
    @Loop func closesMidway(_ part: String) async {
        #expect(await self.code([.send(part), .close]) == .unreachable)
    }

    @Test(
        "calls it malformed when the answer is not what the API promises",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\": 1}\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\u{1}\u{2}\u{3}",
        ])
    @Loop func garbage(_ answer: String) async {
        #expect(await self.code([.send(answer), .close]) == .malformed)
    }

    @Test("refuses an answer that is larger than anything the engine should send")
    @Loop func hugeBody() async {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\n["
        let megabyte = String(repeating: " ", count: 1_000_000)
        let steps = [ScriptedServer.Step.send(head)] + Array(repeating: .send(megabyte), count: 39)
        #expect(await self.code(within: .seconds(20), steps + [.close]) == .malformed)
    }

    @Test("says that there is no socket, and that it was cancelled")
    @Loop func unreachable() async {
        let server = ScriptedServer { _ in [.hang] }
        let engine = Engine(socketPath: server.path)
        let task = Task { @Loop in try await engine.containers(labels: [], within: .seconds(30)) }
        try? await Loop.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: EngineError(.cancelled, "the call /containers/json was cancelled")) {
            try await task.value
        }
        server.stop()
        await #expect(throws: EngineError(.unreachable, "there is no engine socket at \(server.path)")) {
            try await engine.ping(within: .seconds(5))
        }
    }

    @Test("connects again by itself when the engine was restarted between two calls")
    @Loop func reconnects() async throws {
        let server = ScriptedServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"), .close]
        }
        defer { server.stop() }
        let engine = Engine(socketPath: server.path)
        for _ in 0..<3 { #expect(try await engine.containers(labels: [], within: .seconds(5)) == []) }
        #expect(server.connectionCount == 3)
    }

    @Test("hands events over as they come, however they are cut, and says when the stream ends")
    @Loop func events() async throws {
        let one =
            #"{"Type":"container","Action":"health_status: unhealthy","Actor":{"ID":"abc","Attributes":{"name":"app"}},"time":1,"timeNano":1000000002}"#
            + "\n"
        let two =
            #"{"Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"exitCode":"137"}},"time":1,"timeNano":3000000004}"#
            + "\n"
        let server = ScriptedServer { _ in
            [
                .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"), .send(String(one.prefix(30))),
                .pause(.milliseconds(20)), .send("\(one.dropFirst(30))\(two.prefix(1))"), .pause(.milliseconds(20)),
                .send(String(two.dropFirst(1))), .close,
            ]
        }
        defer { server.stop() }
        let (events, error) = await collect(
            Engine(socketPath: server.path).events(since: "1.000000000", labels: ["a=b"]))
        #expect(error == EngineError(.unreachable, "the engine ended its stream of events"))
        #expect(events.map(\.action) == ["health_status", "die"])
        #expect(events.map(\.detail) == ["unhealthy", nil])
        #expect(events.map(\.time.text) == ["1.000000002", "3.000000004"])
        #expect(events.last?.attributes == ["exitCode": "137"])
        #expect(server.requests.last?.contains("&since=1.000000000 ") == true)
    }

    @Test("ends the stream of events with an error when a line is no event")
    @Loop func eventGarbage() async {
        let server = ScriptedServer { _ in [.send("HTTP/1.1 200 OK\r\n\r\nnonsense\n"), .hang] }
        defer { server.stop() }
        let (events, error) = await collect(Engine(socketPath: server.path).events(since: nil, labels: []))
        #expect(events.isEmpty)
        #expect(error?.code == .malformed)
    }

    @Test("takes only unix sockets from DOCKER_HOST")
    func environment() throws {
        #expect(try Engine.fromEnvironment([:]).socketPath == "/var/run/docker.sock")
        #expect(try Engine.fromEnvironment(["DOCKER_HOST": "unix:///run/d.sock"]).socketPath == "/run/d.sock")
        #expect(throws: EngineError.self) { try Engine.fromEnvironment(["DOCKER_HOST": "tcp://10.0.0.1:2375"]) }
    }
}

/// Reads a stream of events to its end.
func collect(_ stream: AsyncThrowingStream<EngineEvent, any Error>) async -> ([EngineEvent], EngineError?) {
    var events: [EngineEvent] = []
    do {
        for try await event in stream { events.append(event) }
        return (events, nil)
    } catch { return (events, error as? EngineError) }
}
