import Foundation
import Testing

/// `selfheal check` on the product's own files, with its containers and images on a real engine.
@Suite("check", .shared)
struct CheckTests {
    @Test("finds nothing in the product as it is shipped and runs; and what runs otherwise than the files say, alone")
    func drift() async throws {
        try await CheckedProject.run { project in
            let clean = try await project.check()
            #expect(clean.code == 0 && clean.findings.isEmpty, "\(clean.text)")
            #expect(clean.notChecked.isEmpty, "\(clean.text)")

            let app = project.name(of: "app")
            try await project.docker("update", "--restart", "no", app)
            try await project.expect(drift: "restart no instead of always")
            try await project.docker("update", "--restart", "always", app)

            try await project.expect(drift: "another configuration", with: ["NODE_ENV": "production"])

            try await project.docker("tag", LiveProject.Image.faults.rawValue, "\(project.name)-app")
            try await project.expect(drift: "an older image")
            try await project.docker("tag", LiveProject.Image.shipped.rawValue, "\(project.name)-app")

            try await project.docker("rm", "--force", app)
            try await project.docker(
                "run", "--detach", "--name", app, "--label", "com.docker.compose.project=\(project.name)", "--label",
                "com.docker.compose.service=app", "--restart", "always", "--entrypoint", "sleep",
                LiveProject.Image.shipped.rawValue, "300")
            // It runs, and is asked like the right one would be.
            try await project.expect(drift: "a healthcheck with another command", notChecked: ["gave no answer"])
            try await project.docker("rm", "--force", app)
        }
    }

    @Test("finds a secret that an image keeps in its history, as a build argument, in its environment, or in a layer")
    func secrets() async throws {
        try await CheckedProject.run(isStarted: false) { project in
            let token = "ghp_" + project.secret.prefix(36)
            let lines = [
                "ARG NOTE\nRUN echo \"$NOTE\" >/dev/null": "NOTE=\(token)",
                "ARG API_TOKEN\nRUN true": "API_TOKEN=\(project.secret)",
                "ARG WORD\nENV SIGNING_KEY=$WORD": "WORD=\(project.secret)",
                "COPY app.conf /srv/app.conf\nUSER root\nRUN rm /srv/app.conf\nUSER gammonguru": "NONE=1",
            ]
            for (text, argument) in lines.sorted(by: { $0.key < $1.key }) {
                try await project.build("FROM \(LiveProject.Image.shipped.rawValue)\n\(text)\n", argument)
                let output = try await project.check()
                #expect(output.code == 1, "\(output.text)")
                #expect(output.findings.map(\.check) == ["secret-in-image"], "\(output.text)")
                #expect(!output.text.contains(project.secret.prefix(36)), "the secret itself was printed")
            }
        }
    }
}

/// A clone of the product's files that runs as a project of its own.
private struct CheckedProject {
    let live: LiveProject
    /// A random text that looks like a token.
    let secret: String

    var name: String { self.live.name }

    static func run(isStarted: Bool = true, _ body: (CheckedProject) async throws -> Void) async throws {
        let name = LiveProject.freshName()
        let file = try await ComposeFile.shipped(project: name)
        var variables = LiveProject.secrets()
        variables["COMPOSE_PROJECT_NAME"] = name
        try await LiveProject.run(name, file, environment: variables, isStarted: false) { live in
            for part in ["docker-compose.dev.yml", "Dockerfile", "front", "render.yaml", ".dockerignore"] {
                try await must(["cp", "-r", "\(repository)/\(part)", live.folder])
            }
            try await must(["git", "init", "--quiet"], directory: live.folder)
            try await must(["git", "add", "--all"], directory: live.folder)
            try await live.docker("tag", LiveProject.Image.shipped.rawValue, "\(name)-app")
            if isStarted { try await live.compose("up", "--detach", "--no-build", "--wait") }
            // Small letters, capitals and digits as chance mixes them.
            let letters = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789")
            let secret = String((0..<48).map { letters[($0 * 23 + Int.random(in: 0..<20)) % letters.count] })
            try await body(CheckedProject(live: live, secret: secret))
        }
    }

    struct Answer {
        struct Finding: Decodable {
            let check: String
            let severity: String
            let what: String
        }

        let code: Int32
        let text: String
        /// But the notes on the keys that the contract wants as they are.
        let findings: [Finding]
        let notChecked: [String]
    }

    func check(with variables: [String: String] = [:]) async throws -> Answer {
        struct Wire: Decodable {
            let findings: [Answer.Finding]
            let notChecked: [String]
        }
        let output = try await self.live.selfheal("check", "--json", with: variables)
        let wire = try JSONDecoder().decode(Wire.self, from: Data(output.stdout.utf8))
        let findings = wire.findings.filter { $0.check != "render-deprecated-key" }
        return Answer(code: output.code, text: output.text, findings: findings, notChecked: wire.notChecked)
    }

    func expect(drift words: String, with variables: [String: String] = [:], notChecked: [String] = []) async throws {
        let answer = try await self.check(with: variables)
        #expect(answer.code == 0 && answer.findings.map(\.check) == ["container-drift"], "\(answer.text)")
        #expect(answer.findings.first?.what.contains(words) == true, "\(answer.text)")
        #expect(answer.notChecked.count == notChecked.count, "\(answer.text)")
        for (said, part) in zip(answer.notChecked, notChecked) { #expect(said.contains(part), "\(answer.text)") }
    }

    @discardableResult
    func docker(_ words: String...) async throws -> String {
        try await must(["docker"] + words, environment: self.live.environment)
    }

    func name(of service: String) -> String { self.live.name(of: service) }

    /// Builds what the project's image is called from `dockerfile`.
    func build(_ dockerfile: String, _ argument: String) async throws {
        let folder = self.live.folder + "/other"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("API_KEY=\(self.secret)\n".utf8).write(to: URL(filePath: "\(folder)/app.conf"))
        try Data(dockerfile.utf8).write(to: URL(filePath: "\(folder)/Dockerfile"))
        // By name, so that the value is no argument of a process.
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        try await must(
            ["docker", "build", "--quiet", "--build-arg", parts[0], "--tag", "\(self.name)-app", folder],
            environment: self.live.environment.merging([parts[0]: parts[1], "DOCKER_BUILDKIT": "1"]) { $1 },
            within: .seconds(120))
    }
}
