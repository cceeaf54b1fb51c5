import Foundation
import Testing

/// Against small servers that are built in a moment: what matters is what the watchdog does with them.
@Suite("when a restart does not help", .shared)
struct LadderTests {
    @Test("the container is made anew, which is remembered for the same cause")
    func recreate() async throws {
        // One that depends on another: Compose labels it otherwise once it was made anew alone. And one that a person
        // scaled down, which it stays.
        try await DeployFixture.run(services: ["app", "worker"]) {
            $0["services.app.depends_on"] = ["worker"]
            $0["services.app.scale"] = 3
            $0["services.app.ports"] = ["127.0.0.1::3000"]
        } _: { project in
            try await project.compose("up", "--detach", "--build", "--scale", "app=1", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let watchdog = try await project.watch()
            let before = try await project.container("app")
            try await project.compose("exec", "-T", "app", "touch", "/tmp/ill")
            let healed = try await watchdog.journal.wait(for: "healed", "app", within: .seconds(90))
            #expect(healed["attempts"] == "3", "\(watchdog.journal.text)")
            let actions = watchdog.journal.lines("action").map { $0["action"] }
            #expect(actions == ["restart", "restart", "recreate"], "\(watchdog.journal.text)")
            #expect(try await project.container("app").id != before.id)
            #expect(watchdog.journal.lines("action_failed").isEmpty, "\(watchdog.journal.text)")

            try await project.compose("exec", "-T", "app", "touch", "/tmp/ill")
            try await watchdog.journal.wait(for: "healed", "app", count: 2, within: .seconds(90))
            #expect(watchdog.journal.lines("action").count == 4, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action").last?["action"] == "recreate", "\(watchdog.journal.text)")
            #expect(try await project.allContainers().count == 2, "app and worker")
            try await watchdog.stop()
        }
    }

    @Test("and the image was never well, the last one that was takes its place")
    func rollBack() async throws {
        try await DeployFixture.run { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let watchdog = try await project.watch()
            let good = try await self.image(project)
            let verified = try await watchdog.journal.wait(for: "image_verified", "app", within: .seconds(30))
            #expect(verified["image"] == good)
            // A person who deploys without a gate.
            try await must(
                ["docker", "compose", "-f", LiveProject.composeFile, "up", "--detach", "--build"],
                environment: project.environment.merging(["APP_MODE": "sick"]) { $1 }, directory: project.folder,
                within: .seconds(180))
            #expect(try await self.image(project) != good)
            let healed = try await watchdog.journal.wait(for: "healed", "app", within: .seconds(150))
            #expect(healed["attempts"] == "4", "\(watchdog.journal.text)")
            let actions = watchdog.journal.lines("action").map { $0["action"] }
            #expect(actions == ["restart", "restart", "recreate", "rollback"], "\(watchdog.journal.text)")
            #expect(try await self.image(project) == good)
            #expect(watchdog.journal.lines("action_failed").isEmpty, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    private func image(_ project: LiveProject) async throws -> String {
        try await project.image("app").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("a container that a person connected to a network keeps it: it is not made anew")
    func attachedByHand() async throws {
        try await DeployFixture.run { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let extra = "\(project.name)-extra"
            // Goes with the project.
            try await project.docker(
                "network", "create", "--label", "com.docker.compose.project=\(project.name)", "--label",
                "com.docker.compose.network=extra", extra)
            try await project.docker("network", "connect", extra, project.name(of: "app"))
            let watchdog = try await project.watch()
            let before = try await project.container("app")
            try await project.compose("exec", "-T", "app", "touch", "/tmp/ill")
            let failed = try await watchdog.journal.wait(for: "action_failed", "app", within: .seconds(60))
            #expect(failed["reason"]?.contains(extra) == true, "\(failed)")
            #expect(try await project.container("app").id == before.id)
            try await watchdog.stop()
            try await project.docker("network", "disconnect", extra, project.name(of: "app"))
            try await project.docker("network", "rm", extra)
        }
    }

    @Test("a container that waits for a deploy is not made anew: no deploy happens by accident")
    func noAccident() async throws {
        try await DeployFixture.run { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let watchdog = try await project.watch()
            let before = try await project.container("app")
            // Built, and not deployed.
            try await must(
                ["docker", "compose", "-f", LiveProject.composeFile, "build"],
                environment: project.environment.merging(["COMMIT": "new"]) { $1 }, directory: project.folder,
                within: .seconds(180))
            try await project.compose("exec", "-T", "app", "touch", "/tmp/ill")
            let failed = try await watchdog.journal.wait(for: "action_failed", "app", within: .seconds(60))
            #expect(failed["reason"]?.contains("selfheal redeploy") == true, "\(failed)")
            #expect(try await project.container("app").id == before.id)
            try await watchdog.stop()
        }
    }
}

@Suite("what lives in another's network", .shared)
struct SharedNetworkTests {
    @Test("is restarted when that one was restarted, and made anew when that one was made anew")
    func reattached() async throws {
        try await DeployFixture.run(services: ["app", "side"]) { file in
            file["services.side.network_mode"] = "service:app"
            file["services.side.environment"] = nil
            file["services.side.entrypoint"] = ["sleep", "1d"]
            file["services.side.stop_signal"] = "SIGKILL"
            file["services.side.healthcheck"] = ["disable": true]
        } _: { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let watchdog = try await project.watch()
            try await project.signal("app", SIGSTOP)
            // Compose reads `network_mode: service:app` as a dependency to be restarted with, too: whichever is seen first.
            let cut = try await watchdog.journal.wait(for: "detected", "side", within: .seconds(60))
            #expect(["detached", "dependency_restarted"].contains(cut["cause"]))
            try await watchdog.journal.wait(for: "healed", "side", within: .seconds(60))
            #expect(watchdog.journal.lines("action", "side").map { $0["action"] } == ["restart"])

            try await project.compose("up", "--detach", "--force-recreate", "--no-deps", "app")
            try await watchdog.journal.wait(for: "healed", "side", count: 2, within: .seconds(60))
            #expect(
                watchdog.journal.lines("action", "side").map { $0["action"] } == ["restart", "recreate"],
                "\(watchdog.journal.text)")
            let app = try await project.container("app").id
            let mode = try await project.docker(
                "inspect", "--format", "{{.HostConfig.NetworkMode}}", project.name(of: "side"))
            #expect(mode.trimmingCharacters(in: .whitespacesAndNewlines) == "container:\(app)")
            try await watchdog.stop()
        }
    }
}
