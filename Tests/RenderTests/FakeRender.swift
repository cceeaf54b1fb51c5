import EventLoop
import Glibc
import Support
import Web

/// A server on this machine that answers as the published description of Render's API says
/// (https://api-docs.render.com/reference): bearer keys, pages with cursors, deploys that take their course.
@Loop
final class FakeRender {
    nonisolated static let key = "rnd_of_the_tests"

    struct Deploy {
        let id: String
        /// What it says one look after the other; the last one stays.
        var statuses: [String]
        var trigger = "api"
    }

    /// Newest first.
    var deploys: [Deploy]
    var autoDeploy = "yes"
    /// Answers that come in place of the true ones, first come first.
    var failures: [HTTPResponse] = []
    /// What a deploy that is begun goes through.
    var course = ["build_in_progress", "live"]
    /// `METHOD target body` of each request.
    private(set) var requests: [String] = []
    private var server: HTTPServer?

    nonisolated static let serviceID = "srv-abc"

    nonisolated init(deploys: [Deploy]) { self.deploys = deploys }

    var environment: [String: String] {
        ["RENDER_API_KEY": Self.key, "RENDER_API_URL": "http://127.0.0.1:\(self.server?.port ?? 0)/v1"]
    }

    /// Serves while `body` runs. Not on the loop itself, which may not run yet.
    nonisolated static func with(
        _ deploys: [Deploy] = [], _ body: @Loop @Sendable (FakeRender) async throws -> Void
    ) async throws {
        Loop.startThread()
        let fake = FakeRender(deploys: deploys)
        try await fake.serve(body)
    }

    private func serve(_ body: @Loop @Sendable (FakeRender) async throws -> Void) async throws {
        var router = Router(filters: [self.gate])
        let service = "/v1/services/\(Self.serviceID)"
        router.on("GET", "/v1/services") { self.services($0) }
        router.on("GET", service) { _ in .json(self.service) }
        router.on("GET", "\(service)/deploys") { self.page($0) }
        router.on("POST", "\(service)/deploys") { _ in self.begin("api") }
        router.on("POST", "\(service)/rollback") { self.rollBack($0) }
        for number in 0..<300 {
            router.on("GET", "\(service)/deploys/dep-\(number)") { _ in self.look("dep-\(number)") }
        }
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let server = try HTTPServer(port: 0, log: Log(descriptor: nowhere), router: router)
        self.server = server
        let result: Result<Void, any Error>
        do {
            try await body(self)
            result = .success(())
        } catch { result = .failure(error) }
        await server.stop(within: .zero)
        try result.get()
    }

    private func gate(_ request: HTTPRequest, _ next: Router.Handler) async -> HTTPResponse {
        let pairs = request.query.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        let query = pairs.isEmpty ? "" : "?\(pairs)"
        let body = String(decoding: request.body, as: UTF8.self)
        self.requests.append("\(request.method) \(request.path)\(query) \(body)")
        guard request.headers["authorization"] == "Bearer \(Self.key)" else {
            return .json(["message": "unauthorized"], status: 401)
        }
        guard self.failures.isEmpty else { return self.failures.removeFirst() }
        return await next(request)
    }

    private var service: JSONValue {
        ["id": .string(Self.serviceID), "name": "site", "autoDeploy": .string(self.autoDeploy), "type": "web_service"]
    }

    /// The filter by name finds names that begin alike too.
    private func services(_ request: HTTPRequest) -> HTTPResponse {
        let other: JSONValue = ["id": "srv-other", "name": "site-preview", "type": "web_service"]
        let isAsked = request.query["name"] == "site"
        return .json(isAsked ? [["service": other, "cursor": "1"], ["service": self.service, "cursor": "2"]] : [])
    }

    private func page(_ request: HTTPRequest) -> HTTPResponse {
        let limit = request.query["limit"].map { Int($0) ?? 0 } ?? 20
        let start = request.query["cursor"].flatMap { Int($0) }.map { $0 + 1 } ?? 0
        guard (1...100).contains(limit) else { return .json(["message": "invalid limit"], status: 400) }
        let page = self.deploys.enumerated().dropFirst(start).prefix(limit)
        return .json(
            .array(
                page.map {
                    ["deploy": Self.json($0.element, $0.element.statuses[0]), "cursor": .string("\($0.offset)")]
                }))
    }

    private func rollBack(_ request: HTTPRequest) -> HTTPResponse {
        let body = String(decoding: request.body, as: UTF8.self)
        guard self.deploys.contains(where: { body.contains("\"\($0.id)\"") }) else {
            return .json(["message": "not found: deploy"], status: 404)
        }
        return self.begin("rollback")
    }

    private func begin(_ trigger: String) -> HTTPResponse {
        let deploy = Deploy(id: "dep-\(self.deploys.count)", statuses: ["created"] + self.course, trigger: trigger)
        self.deploys.insert(deploy, at: 0)
        return .json(Self.json(deploy, "created"), status: 201)
    }

    private func look(_ id: String) -> HTTPResponse {
        guard let place = self.deploys.firstIndex(where: { $0.id == id }) else {
            return .json(["message": "not found: deploy"], status: 404)
        }
        if self.deploys[place].statuses.count > 1 { self.deploys[place].statuses.removeFirst() }
        return .json(Self.json(self.deploys[place], self.deploys[place].statuses[0]))
    }

    private static func json(_ deploy: Deploy, _ status: String) -> JSONValue {
        [
            "id": .string(deploy.id), "status": .string(status), "trigger": .string(deploy.trigger),
            "commit": ["id": "0123456789abcdef", "message": "Play fair\n\nbody", "createdAt": "2026-11-24T10:00:00Z"],
            "createdAt": "2026-11-24T10:00:00Z", "updatedAt": "2026-11-24T10:00:00Z",
        ]
    }
}
