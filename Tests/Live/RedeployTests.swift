import Foundation
import ServiceTestKit
import Testing

@Suite("redeploy", .shared)
struct RedeployTests {
    @Test("builds, starts, shows and verifies, headers shown, and ends with 0; again it ends with 13")
    func happyPath() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try project.build("LABEL live=1")
            let output = try await project.selfheal("redeploy", within: .seconds(120))
            #expect(output.code == 0, "\(output.text)")
            let steps = ["compose -f docker-compose.dev.yml build", "up -d", " ps", "healthy", "HTTP/1.1 200"]
            var rest = output.stdout[...]
            for step in steps {
                let place = rest.firstRange(of: step)
                #expect(place != nil, "no \"\(step)\" where it should be in:\n\(output.stdout)")
                if let place { rest = rest[place.upperBound...] }
            }
            #expect(output.stdout.localizedCaseInsensitiveContains("content-type:"))
            #expect(await ask("/health", port: project.port) == 200)
            let before = try await project.container("app")
            #expect(try await project.selfheal("redeploy", within: .seconds(120)).code == 13)
            #expect(try await project.container("app") == before)
        }
    }

    @Test("that fails says at which step with its exit code, and what ran before a failed build still runs")
    func failures() async throws {
        try await LiveProject.run(.faults) { project in
            let before = try await project.container("app")
            func expect(_ code: Int32, _ words: String, with variables: [String: String] = [:]) async throws {
                let output = try await project.deploy(with: variables)
                #expect(output.code == code, "\(output.text)")
                let last = output.complaints.last ?? ""
                #expect(last.contains(words), "\(output.text)")
            }
            try await expect(15, "nothing.yml", with: ["COMPOSE_FILE": "nothing.yml"])
            try await expect(15, "web", with: ["SERVICE_NAME": "web"])
            try project.build("RUN false")
            try await expect(10, "step build")
            #expect(try await project.container("app") == before)

            try project.build("LABEL live=2")
            let shim = try project.failingDocker(at: "ps")
            try await expect(11, "step ps", with: ["PATH": "\(shim):\(project.environment["PATH"] ?? "")"])

            try project.build("ENV FAULT_AT_START=exit")
            try await expect(10, "it ended")
            // Two checks in 4 s suffice: the deadline follows the healthcheck's own numbers.
            try project.build("ENV FAULT_AT_START=sick")
            try await expect(10, "unhealthy: curl: (22)")
            try project.build("USER root\nRUN rm /usr/bin/curl\nUSER gammonguru") {
                $0["services.app.healthcheck.test"] = ["CMD", "gammonguru", "healthcheck"]
            }
            try await expect(11, "curl")
        }
    }

    @Test("that can't start what it built is the first one ends with 12")
    func upFails() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try project.build("LABEL live=3")
            let held = try HeldPort()
            let output = try await project.selfheal(
                "redeploy", with: ["APP_PORT": String(held.number)], within: .seconds(120))
            #expect(output.code == 12, "\(output.text)")
            withExtendedLifetime(held) {}
        }
    }

    @Test("keeps the watchdog from interfering for as long as it runs, and no longer")
    func marker() async throws {
        try await LiveProject.run(.faults) { project in
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            // While this builds, app does not serve for much longer than the watchdog would bear.
            try project.build("RUN sleep 15 # \(project.name)")
            async let deploying = project.deploy()
            let lock = "\(project.folder)/.selfheal/\(project.name).deploy.lock"
            try await eventually("the deploy's marker", within: .seconds(20)) { !textOfFile(lock).isEmpty }
            try await Task.sleep(for: .seconds(2))
            try await project.signal("app", SIGSTOP)
            let second = try await project.selfheal("redeploy")
            #expect(second.code == 14 && second.stderr.contains("the deploy of"), "\(second.text)")
            let output = try await deploying
            #expect(output.code == 0, "\(output.text)")
            try await watchdog.expectQuiet(for: .seconds(5))

            try await project.throwSwitch("sick")
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(40))
            try await watchdog.stop()
        }
    }
}

extension LiveProject {
    /// Has `app` built from the image it has and a few lines more, at the next build.
    func build(_ lines: String, _ edit: (inout ComposeFile) -> Void = { _ in }) throws {
        try self.edit { file in
            let base = file["services.app.build.args.BASE"] ?? file["services.app.image"] ?? ""
            file["services.app.image"] = nil
            file["services.app.build"] = ["context": ".", "dockerfile": "Dockerfile", "args": ["BASE": base]]
            edit(&file)
        }
        try Data("ARG BASE\nFROM $BASE\n\(lines)\n".utf8).write(to: URL(filePath: "\(self.folder)/Dockerfile"))
    }

    func rebuildApp(_ lines: String) async throws {
        try self.build(lines)
        try await self.compose("build")
    }

    /// A folder with a `docker` that fails at one Compose command and passes all others on.
    func failingDocker(at command: String) throws -> String {
        let folder = "\(self.folder)/shim"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = """
            #!/bin/bash
            if [[ " $* " == *" \(command) "* ]]; then echo "\(command) was made to fail" >&2; exit 9; fi
            PATH=${PATH#*:} exec docker "$@"
            """
        try makeProgram(script, at: "\(folder)/docker")
        return folder
    }
}
