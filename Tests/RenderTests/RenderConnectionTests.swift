import Testing

@testable import Render

@Suite("A connection to Render's API that misbehaves")
struct RenderConnectionTests {
    private static let service = RenderService(id: "srv-abc", name: "site", autoDeploy: "yes")

    private static func answer(_ body: String, length: Int? = nil) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(
        "reading is asked for again when the connection breaks, before the answer or within it, or what comes is no HTTP",
        arguments: ["", answer(#"{"id":"#, length: 200), "\u{1}\u{2} nonsense\r\n\r\n"])
    func reading(broken: String) async throws {
        let good = Self.answer(#"{"id": "srv-abc", "name": "site"}"#)
        try await CannedServer.with([broken, good]) { server in
            var said: [String] = []
            let api = try RenderAPI(environment: server.environment) { said.append($0) }
            #expect(try await api.service("srv-abc").name == "site")
            #expect(server.requests.count == 2 && said.count == 1 && said[0].contains("broke"), "\(said)")
        }
    }

    @Test("a deploy is not asked for again when the connection breaks, and the message says that it may have begun")
    func beginning() async throws {
        try await CannedServer.with(["", ""]) { server in
            let api = try RenderAPI(environment: server.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.deploy(Self.service, commit: nil) }
            #expect(error?.code == .api && error?.message.contains("may have been carried out") == true)
            #expect(server.requests == ["POST /v1/services/srv-abc/deploys HTTP/1.1"])
        }
    }

    @Test("an answer without end is not kept")
    func endless() async throws {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        try await CannedServer.with([head + String(repeating: " ", count: 5 << 20)]) { server in
            let api = try RenderAPI(environment: server.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.service("srv-abc") }
            #expect(error?.message.contains("more than 4 MiB") == true)
        }
    }

    @Test("a redirect is not followed, so the key goes nowhere else")
    func redirect() async throws {
        try await CannedServer.with([
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/v1\r\nContent-Length: 0\r\n\r\n"
        ]) { server in
            let api = try RenderAPI(environment: server.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.service("srv-abc") }
            #expect(error?.message.contains("answers 302") == true && server.requests.count == 1)
        }
    }
}
