import Glibc
import ServiceTestKit
import Testing

@testable import Backend

@Suite("The backend's process", .serialized)
struct ProcessTests {
    @Test("sleeps when nobody asks, on three threads, but for the heartbeat's look every 2.5 s")
    func idle() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        #expect(try await backend.get("/health").status == 200)
        // The connections of the requests above have ended; what they had set may still fire.
        let quiet = try await eventually(within: .seconds(20)) {
            let before = try backend.child.wakeUps()
            try RawClient.pause(.seconds(2))
            return try backend.child.wakeUps() <= before + 1
        }
        #expect(quiet)
        #expect(try backend.child.threads().count == 3)
    }

    @Test("ends with 0 soon after SIGTERM and SIGINT, though a health request hangs", arguments: [SIGTERM, SIGINT])
    func stop(signal: Int32) async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        server.freeze()
        async let answer = backend.get("/health/internal")
        try await onThread { try RawClient.pause(.milliseconds(100)) }
        let began = ContinuousClock.now
        backend.child.kill(signal)
        #expect(try await onThread { backend.child.waitForExit(within: .seconds(5)) } == 0)
        #expect(began.duration(to: .now) < .milliseconds(800))
        #expect(try await answer.status == 503)
        let log = backend.child.text
        #expect(log.contains("\"msg\":\"stopping\"") && log.hasSuffix("\"msg\":\"stopped\"}\n"))
        server.thaw()
    }

    @Test("listens again when it was out of file descriptors and those who took them have gone")
    func outOfDescriptors() async throws {
        let backend = try BackendProcess.start("postgresql://a:b@127.0.0.1:1/c", descriptorsMax: 40)
        #expect(try await backend.becomes(200, "/health/live", within: .seconds(10)))
        try await onThread {
            let crowd = try (0..<100).map { _ in try RawClient(port: backend.port) }
            try RawClient.pause(.milliseconds(300))
            withExtendedLifetime(crowd) {}
        }
        #expect(try await backend.becomes(200, "/health/live", within: .seconds(2)))
    }

    @Test("refuses a crowd that registers at once what it can't hash in time, and health answers meanwhile")
    func crowdRegisters() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        // Two are hashed and sixty wait in line at most. From ten addresses, as each may try thirty at once.
        let crowd = try await onThread {
            let crowd = try (0..<100).map { _ in try RawClient(port: backend.port) }
            for (number, client) in crowd.enumerated() {
                let body = #"{"name":"crowd-\#(number)","password":"one of a crowd of them"}"#
                client.send(
                    "POST /api/register HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 10.0.0.\(number % 10)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            return crowd
        }
        // Behind the whole crowd; what is hashed takes seconds.
        let health = try await backend.get("/health/internal")
        #expect(health.status == 200)
        let answers = try await onThread { crowd.map { $0.answer(within: .seconds(20)) } }
        let refused = answers.compactMap { $0 }.filter { $0.status == 503 }
        #expect(answers.allSatisfy { $0?.status == 201 || $0?.status == 503 })
        // Of those who come late on a busy machine some find a place.
        #expect(!refused.isEmpty && refused.count < 98)
        #expect(refused.allSatisfy { $0.body.contains(#""code":"busy""#) && $0.head.contains("Retry-After: ") })
        // The crowd has gone: who comes now is served.
        #expect(try await backend.becomes(200, "/health", within: .seconds(5)))
    }

    @Test("writes one JSON object per line, and nothing else")
    func logLines() async throws {
        let backend = try BackendProcess.start("postgresql://a:b@127.0.0.1:1/c")
        #expect(try await backend.becomes(503, within: .seconds(10)))
        _ = try await backend.get("/quote\"and%0aline?token=in-the-query")
        backend.child.kill(SIGTERM)
        #expect(try await onThread { backend.child.waitForExit(within: .seconds(5)) } == 0)
        let lines = backend.child.text.split(separator: "\n")
        #expect(lines.count >= 5)
        for line in lines {
            #expect(line.hasPrefix("{\"time\":\"2") && line.hasSuffix("\"}") || line.hasSuffix("]}"))
            #expect(line.contains("Z\",\"level\":\"") && line.contains("\",\"msg\":\""))
        }
        #expect(backend.child.text.contains("\"path\":\"/quote\\\"and%0aline\""))
        #expect(!backend.child.text.contains("in-the-query"))
    }
}
