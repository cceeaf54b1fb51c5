import Foundation
import ServiceTestKit
import Testing

@Suite("the scripts that bring everything up and down", .shared)
struct ScriptTests {
    @Test("up.sh serves and watches, costs seconds the second time and changes nothing; down.sh keeps the data")
    func upAndDown() async throws {
        let name = LiveProject.freshName()
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

    @Test("redeploy.sh leaves .env as it was where it only looks and where the deploy fails; signals reach the deploy")
    func front() async throws {
        let folder = "\(FileManager.default.temporaryDirectory.path)/live-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await self.copyCheckout(to: folder)
        // Stands for the deploy: says what it was given, and ends as it is told.
        let stub = """
            #!/bin/bash
            trap 'exit 11' INT TERM
            echo "$* profiles=${COMPOSE_PROFILES-.env} $(grep -c -e ^COMPOSE_PROFILES=front$ -e ^DIRECT_PORT=0$ .env)"
            [[ $STATUS != wait ]] || while sleep 0.1; do :; done
            exit "$STATUS"
            """
        try makeProgram(stub, at: "\(folder)/.selfheal/bin/selfheal")
        let script = ["bash", "\(folder)/scripts/redeploy.sh"]
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "COMMIT": "c"]
        func isOn() -> Bool { textOfFile("\(folder)/.env").hasPrefix("A=1\nCOMPOSE_PROFILES=front\nDIRECT_PORT=0") }
        func expect(_ words: [String], _ status: Int32, _ told: String, isOnAfter: Bool) async throws {
            let output = try await run(script + words, environment: environment.merging(["STATUS": "\(status)"]) { $1 })
            #expect(output.code == status && output.stdout == "redeploy \(told)\n", "\(words): \(output.text)")
            #expect(isOnAfter ? isOn() : textOfFile("\(folder)/.env") == "A=1\n", "\(words), \(status)")
        }
        try Data("A=1\n".utf8).write(to: URL(filePath: "\(folder)/.env"))
        try await expect(["--front", "--dry-run"], 0, "--front --dry-run profiles=front 0", isOnAfter: false)
        try await expect(["--recover", "--front"], 13, "--recover --front profiles=.env 0", isOnAfter: false)
        try await expect(["--front", "--help"], 0, "--front --help profiles=.env 0", isOnAfter: false)
        try await expect(["--front"], 15, "--front profiles=.env 2", isOnAfter: false)
        try await expect(["--front", "--json"], 0, "--front --json profiles=.env 2", isOnAfter: true)
        try await expect(["--front"], 11, "--front profiles=.env 2", isOnAfter: true)
        try await expect(["--no-front", "--dry-run"], 0, "--dry-run profiles= 2", isOnAfter: true)
        try await expect(["--no-front"], 10, "profiles=.env 0", isOnAfter: true)
        try await expect(["--no-front"], 13, "profiles=.env 0", isOnAfter: false)
        for signal in [SIGINT, SIGTERM] {
            let out = "\(folder)/\(signal).out"
            let child = try Child(
                script + ["--front"], environment: environment.merging(["STATUS": "wait"]) { $1 }, directory: folder,
                stdout: out, stderr: "\(folder)/\(signal).err")
            try await eventually("the deploy to go on", within: .seconds(10)) { !textOfFile(out).isEmpty }
            child.signal(signal)
            #expect(try await child.end(within: .seconds(10), "the deploy to end") == 11)
            #expect(textOfFile("\(folder)/.env") == "A=1\n")
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
