import EventLoop
import FoundationEssentials
import ServiceTestKit
import Testing

@testable import Render

@Suite("The command selfheal render")
struct RenderCommandTests {
    /// Runs it to its end. Whatever it does, the key is not in what it writes.
    private nonisolated static func run(
        _ words: String, _ environment: [String: String] = [:], stdoutOnly: Bool = false
    ) async throws -> (status: Int32, text: String) {
        let command = "exec \"$0\" render \(words)" + (stdoutOnly ? " 2>/dev/null" : "")
        let output = try await onThread {
            try ChildProcess.run(
                "/bin/sh", ["-c", command, builtProgram("selfheal")], environment: environment, within: .seconds(60))
        }
        for key in [FakeRender.key, "rnd_revoked"] { #expect(!output.text.contains(key), "the key was printed") }
        return output
    }

    private static let deploys = [
        FakeRender.Deploy(id: "dep-2", statuses: ["update_failed"]), FakeRender.Deploy(id: "dep-1", statuses: ["live"]),
        FakeRender.Deploy(id: "dep-0", statuses: ["deactivated"]),
    ]

    @Test("deploys lists the newest first, a line each, or as JSON on stdout")
    func deploys() async throws {
        try await FakeRender.with(Self.deploys) { fake in
            let list = try await Self.run("deploys --service site --limit 2", fake.environment)
            let ids = list.text.split(separator: "\n").map { $0.prefix(5) }
            #expect(list.status == 0 && ids == ["dep-2", "dep-1"], "\(list.text)")
            let json = try await Self.run("deploys --service srv-abc --json", fake.environment, stdoutOnly: true)
            let decoded = try JSONDecoder().decode([RenderDeploy].self, from: Data(json.text.utf8))
            #expect(json.status == 0 && decoded.map(\.status) == ["update_failed", "live", "deactivated"])
        }
    }

    @Test("deploy waits for the verdict, and its exit code is the verdict")
    func deploy() async throws {
        try await FakeRender.with { fake in
            fake.course = ["live"]
            let good = try await Self.run("deploy --service site --commit abc", fake.environment)
            #expect(good.status == 0 && good.text.hasSuffix("dep-0 is live\n"), "\(good.text)")
            fake.course = ["build_failed"]
            let bad = try await Self.run("deploy --service site", fake.environment)
            #expect(bad.status == 1 && bad.text.contains("ended as build_failed"), "\(bad.text)")
            fake.course = ["build_in_progress"]
            let slow = try await Self.run("deploy --service site --wait 1", fake.environment)
            #expect(slow.status == 34 && slow.text.contains("it goes on at Render"), "\(slow.text)")
        }
    }

    @Test("rollback goes to the last deploy that was live before, and warns of auto-deploy where that is on")
    func rollback() async throws {
        try await FakeRender.with(Self.deploys) { fake in
            fake.course = ["live"]
            let warned = try await Self.run("rollback --service site", fake.environment)
            #expect(warned.status == 0 && warned.text.contains("leaves auto-deploy on"), "\(warned.text)")
            #expect(fake.requests.contains("POST /v1/services/srv-abc/rollback {\"deployId\":\"dep-0\"}"))
            fake.autoDeploy = "no"
            let named = try await Self.run("rollback dep-1 --service site", fake.environment)
            #expect(named.status == 0 && !named.text.contains("auto-deploy"), "\(named.text)")
            #expect(fake.requests.contains("POST /v1/services/srv-abc/rollback {\"deployId\":\"dep-1\"}"))
        }
    }

    @Test("nothing to go back to, an unknown service and an unknown deploy are told apart from a failure")
    func unknown() async throws {
        try await FakeRender.with([FakeRender.Deploy(id: "dep-0", statuses: ["live"])]) { fake in
            let first = try await Self.run("rollback --service site", fake.environment)
            #expect(first.status == 33 && first.text.contains("nothing to go back to"), "\(first.text)")
            let service = try await Self.run("deploys --service sight", fake.environment)
            #expect(service.status == 33 && service.text.contains("\"sight\""), "\(service.text)")
            let deploy = try await Self.run("rollback dep-9 --service srv-abc", fake.environment)
            #expect(deploy.status == 33 && deploy.text.contains("not found: deploy"), "\(deploy.text)")
        }
    }

    @Test("a key that is missing or refused ends with 32 and is named, not shown")
    func keys() async throws {
        let missing = try await Self.run("deploys --service site")
        #expect(missing.status == 32 && missing.text.contains("RENDER_API_KEY is not set"), "\(missing.text)")
        try await FakeRender.with { fake in
            var environment = fake.environment
            environment["RENDER_API_KEY"] = "rnd_revoked"
            let refused = try await Self.run("deploys --service site", environment)
            #expect(refused.status == 32 && refused.text.contains("refuses RENDER_API_KEY"), "\(refused.text)")
        }
    }

    @Test(
        "words that make no sense end with 2 and nothing is asked",
        arguments: [
            "", "frobnicate", "deploys now", "deploys --limit 0", "deploys --limit x", "rollback a b",
            "deploy --wait 0",
            "deploy --force", "deploys --commit abc", "deploys --wait 5", "deploy --limit 5", "rollback --limit 5",
            "rollback --commit abc",
        ])
    func usage(words: String) async throws {
        #expect(try await Self.run(words, ["RENDER_API_KEY": FakeRender.key]).status == 2)
    }

    @Test("help is for the asking, and without --service a blueprint is needed")
    func help() async throws {
        let help = try await Self.run("--help")
        #expect(help.status == 0 && help.text.contains("RENDER_API_KEY") && help.text.contains("--file"))
        let file = try await Self.run("deploys --file /nowhere/render.yaml", ["RENDER_API_KEY": FakeRender.key])
        #expect(file.status == 30 && file.text.contains("/nowhere/render.yaml"), "\(file.text)")
    }
}
