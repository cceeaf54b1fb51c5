import Foundation
import Testing

@Suite("the scripts that bring everything up and down", .shared)
struct ScriptTests {
    @Test("up.sh serves and watches, costs seconds the second time and changes nothing; down.sh keeps the data")
    func upAndDown() async throws {
        let name = "live-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let file = try await ComposeFile.shipped(project: name)
        try await LiveProject.run(name, file, environment: ["COMPOSE_PROJECT_NAME": name], isStarted: false) {
            project in
            try await self.copyCheckout(to: project.folder)
            let up = ["bash", "\(project.folder)/scripts/up.sh"]
            let down = ["bash", "\(project.folder)/scripts/down.sh"]
            let environment = project.environment
            try await must(up, environment: environment, within: .seconds(300))
            #expect(await ask("/health", port: project.port) == 200)
            let journal = Journal(path: "\(project.folder)/docker-health.txt")
            try await journal.wait(for: "watch_started", within: .seconds(10))
            let mode = try FileManager.default.attributesOfItem(atPath: "\(project.folder)/.env")[.posixPermissions]
            #expect(mode as? Int == 0o600)

            let before = [try await project.container("app"), try await project.container("db")]
            let began = ContinuousClock.now
            try await must(up, environment: environment, within: .seconds(120))
            #expect(began.duration(to: .now) < .seconds(20))
            let after = [try await project.container("app"), try await project.container("db")]
            #expect(after.map(\.started) == before.map(\.started))
            #expect(journal.lines("watch_started").count == 1, "\(journal.text)")

            try await must(down, environment: environment, within: .seconds(120))
            #expect(journal.lines("watch_stopped").count == 1, "\(journal.text)")
            #expect(journal.lines("detected").isEmpty && journal.lines("action").isEmpty, "\(journal.text)")
            #expect(await ask("/health", port: project.port) == nil)
            try await project.docker("volume", "inspect", "\(name)_db-data")
            let refused = try await run(down + ["--purge"], environment: environment)
            #expect(refused.code != 0 && refused.stderr.contains("--yes"), "\(refused.text)")
            try await must(down + ["--purge", "--yes"], environment: environment, within: .seconds(60))
            let volume = try await run(["docker", "volume", "inspect", "\(name)_db-data"])
            #expect(volume.code != 0)
        }
    }

    /// What a clone has that the scripts use, and the watchdog's program that was built from it.
    private func copyCheckout(to folder: String) async throws {
        for part in ["scripts", "Sources", "Package.swift", "Dockerfile", "docker-compose.dev.yml", ".dockerignore"]
        where FileManager.default.fileExists(atPath: "\(repository)/\(part)") {
            try await must(["cp", "-a", "\(repository)/\(part)", folder])
        }
        try await must(["install", "-D", selfheal, "\(folder)/.selfheal/bin/selfheal"])
    }
}
