import EventLoop
import FoundationEssentials
import Testing
import Web

@testable import Render

@Suite("Render's API, against a local server that follows its published description")
struct RenderAPITests {
    private static let old = [
        FakeRender.Deploy(id: "dep-1", statuses: ["live"]), FakeRender.Deploy(id: "dep-0", statuses: ["deactivated"]),
    ]

    @Test("a service is found by its very name, or by its id")
    func services() async throws {
        try await FakeRender.with { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            #expect(try await api.service("site").id == FakeRender.serviceID)
            #expect(try await api.service(FakeRender.serviceID).name == "site")
            let error = await #expect(throws: RenderError.self) { try await api.service("sit") }
            #expect(error?.code == .notFound && error?.message.contains("--service") == true)
        }
    }

    @Test("a list longer than a page is read page by page, and no further than asked")
    func pages() async throws {
        let deploys = (0..<250).reversed().map { FakeRender.Deploy(id: "dep-\($0)", statuses: ["live"]) }
        try await FakeRender.with(deploys) { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let service = try await api.service(FakeRender.serviceID)
            #expect(try await api.deploys(of: service, atMost: 1_000).map(\.id) == deploys.map(\.id))
            let before = fake.requests.count
            #expect(try await api.deploys(of: service, atMost: 120).map(\.id) == deploys.prefix(120).map(\.id))
            #expect(fake.requests.count == before + 2)
        }
    }

    @Test("a deploy is begun once, with its commit, and waited for until it is live")
    func deploys() async throws {
        try await FakeRender.with(Self.old) { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let service = try await api.service("site")
            let deploy = try await api.deploy(service, commit: "abc123")
            var statuses: [String] = []
            let end = try await api.verdict(
                on: deploy, of: service, within: .seconds(60), pause: .milliseconds(10)
            ) { statuses.append($0.status) }
            #expect(end.outcome == .live && statuses == ["created", "build_in_progress", "live"])
            let posts = fake.requests.filter { $0.hasPrefix("POST") }
            #expect(posts == ["POST /v1/services/srv-abc/deploys {\"commitId\":\"abc123\"}"])
        }
    }

    @Test("a rollback names the deploy to go back to")
    func rollsBack() async throws {
        try await FakeRender.with(Self.old) { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let deploy = try await api.rollBack(try await api.service("site"), to: "dep-0")
            #expect(deploy.trigger == "rollback")
            #expect(fake.requests.last == "POST /v1/services/srv-abc/rollback {\"deployId\":\"dep-0\"}")
        }
    }

    @Test(
        "each end that Render knows is told apart, and an unknown one is no success",
        arguments: [
            ("live", RenderDeploy.Outcome.live), ("build_failed", .failed), ("update_failed", .failed),
            ("pre_deploy_failed", .failed), ("canceled", .failed), ("deactivated", .superseded), ("new_word", .unknown),
        ])
    func ends(status: String, outcome: RenderDeploy.Outcome) async throws {
        try await FakeRender.with { fake in
            fake.course = [status]
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let service = try await api.service("site")
            let end = try await api.verdict(
                on: try await api.deploy(service, commit: nil), of: service, within: .seconds(60),
                pause: .milliseconds(10)
            ) { _ in }
            #expect(end.status == status && end.outcome == outcome)
        }
    }

    @Test("a deploy that goes on longer than it may is told as that, not as a failure")
    func deadline() async throws {
        try await FakeRender.with { fake in
            fake.course = ["build_in_progress"]
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let service = try await api.service("site")
            let deploy = try await api.deploy(service, commit: nil)
            let error = await #expect(throws: RenderError.self) {
                try await api.verdict(
                    on: deploy, of: service, within: .seconds(1), pause: .milliseconds(10)
                ) { _ in }
            }
            #expect(error?.code == .deadline && error?.message.contains("build_in_progress") == true)
        }
    }

    @Test("a wait for the verdict ends when it shall, also while Render only answers with errors")
    func deadlineInTrouble() async throws {
        try await FakeRender.with { fake in
            fake.course = ["build_in_progress"]
            var said: [String] = []
            let api = try RenderAPI(environment: fake.environment) { said.append($0) }
            let service = try await api.service("site")
            let deploy = try await api.deploy(service, commit: nil)
            let wait = HTTPResponse.Header("Retry-After", "60")
            fake.failures = [HTTPResponse(status: 503, headers: [wait])]
            let error = await #expect(throws: RenderError.self) {
                try await api.verdict(on: deploy, of: service, within: .seconds(5), pause: .milliseconds(10)) { _ in }
            }
            #expect(error?.code == .deadline && fake.failures.isEmpty && said.isEmpty)
        }
    }

    @Test("a rate limit and a server's trouble are waited out as the server asks, and said")
    func retries() async throws {
        try await FakeRender.with { fake in
            let wait = HTTPResponse.Header("Retry-After", "0")
            fake.failures = [429, 503, 500].map { HTTPResponse(status: $0, headers: [wait]) }
            var said: [String] = []
            let api = try RenderAPI(environment: fake.environment) { said.append($0) }
            #expect(try await api.service(FakeRender.serviceID).name == "site")
            #expect(fake.requests.count == 4 && said.count == 3 && said[0].contains("429"))
        }
    }

    @Test("a deploy is asked for again only where it surely was not begun")
    func noSecondDeploy() async throws {
        try await FakeRender.with { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let service = try await api.service(FakeRender.serviceID)
            fake.failures = [HTTPResponse(status: 500)]
            let error = await #expect(throws: RenderError.self) { try await api.deploy(service, commit: nil) }
            #expect(error?.message.contains("it may have been carried out all the same") == true)
            #expect(fake.deploys.isEmpty && fake.requests.filter { $0.hasPrefix("POST") }.count == 1)
            fake.failures = [HTTPResponse(status: 429, headers: [.init("Retry-After", "0")])]
            _ = try await api.deploy(service, commit: nil)
            #expect(fake.deploys.count == 1)
        }
    }

    @Test("trouble that does not end is given up after six times")
    func givesUp() async throws {
        try await FakeRender.with { fake in
            let wait = HTTPResponse.Header("Retry-After", "0")
            fake.failures = Array(repeating: HTTPResponse(status: 502, headers: [wait]), count: 50)
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.service("site") }
            #expect(error?.code == .api && fake.requests.count == 6)
        }
    }

    @Test("a key that is refused, has no right or is missing is named, and never shown")
    func keys() async throws {
        try await FakeRender.with { fake in
            var environment = fake.environment
            environment["RENDER_API_KEY"] = "rnd_revoked"
            let revoked = try RenderAPI(environment: environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await revoked.service("site") }
            #expect(error?.code == .api && error?.message.contains("RENDER_API_KEY") == true)
            #expect(error?.message.contains("rnd_revoked") == false)
            fake.failures = [.json(["message": "forbidden"], status: 403)]
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let forbidden = await #expect(throws: RenderError.self) { try await api.service("site") }
            #expect(forbidden?.message.contains("no right") == true)
            environment["RENDER_API_KEY"] = ""
            #expect(throws: RenderError.self) { try RenderAPI(environment: environment) { _ in } }
        }
    }

    @Test(
        "the key travels encrypted, or not beyond this machine",
        arguments: ["http://api.render.com/v1", "http://127.0.0.1.example.com/v1", "ftp://x", ""])
    @Loop func clearText(url: String) {
        let environment = ["RENDER_API_KEY": "k", "RENDER_API_URL": url]
        #expect(throws: RenderError.self) { try RenderAPI(environment: environment) { _ in } }
    }

    @Test("a service or deploy that Render does not know is told as that")
    func unknown() async throws {
        try await FakeRender.with { fake in
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.service("srv-nothing") }
            #expect(error?.code == .notFound)
        }
    }

    @Test("an answer that is not what the description promises is told as that")
    func nonsense() async throws {
        try await FakeRender.with { fake in
            fake.failures = [.json(["nonsense": true])]
            let api = try RenderAPI(environment: fake.environment) { _ in }
            let error = await #expect(throws: RenderError.self) { try await api.service("srv-abc") }
            #expect(error?.code == .api)
        }
    }

    @Test("a commit's words can't command the terminal")
    func controls() throws {
        let json = #"{"id": "dep-1", "status": "live", "commit": {"message": "\u001b[2Jgone\u009b1m \u0007"}}"#
        let deploy = try JSONDecoder().decode(RenderDeploy.self, from: Data(json.utf8))
        #expect(deploy.text.hasSuffix("\u{FFFD}[2Jgone\u{FFFD}1m \u{FFFD}"), "\(deploy.text.debugDescription)")
    }
}
