import Compose
import Docker
import EventLoop
import FoundationEssentials
import Glibc
import Support
import Testing

@testable import Parity

/// A folder of its own, gone when the last one lets go of it.
final class TemporaryFolder: Sendable {
    let path = "/tmp/parity-test-\(UInt64.random(in: 0 ... .max))"

    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = "\(self.path)/\(name)"
            try FileManager.default.createDirectory(atPath: Path.folder(file), withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: false, encoding: .utf8)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

@Suite("Reading", .timeLimit(.minutes(1)))
struct ReadingTests {
    init() { Loop.startThread() }

    private static let noEngine = Result<Engine, EngineError>.failure(
        EngineError(.unreachable, "there is no engine here"))
    /// So that a configuration of the machine changes nothing.
    private static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null",
    ]

    private static let shop = [
        "compose.yaml": Shop.compose, "Dockerfile": Shop.dockerfile, "render.yaml": Shop.blueprint,
        ".gitignore": ".env\n", ".env": "SESSION_SECRET=\(BrokenProject.secret)\n",
    ]

    @Loop
    private func report(_ folder: TemporaryFolder, tracked: Bool = true) async throws -> Report {
        if tracked {
            for words in [["init", "-q"], ["add", "."]] {
                let git = Subprocess("git", ["-C", folder.path] + words, environment: Self.environment)
                let output = try await git.output(within: .seconds(60))
                try #require(output.exit == .exited(0), "\(output.stderr)")
            }
        }
        return try await Report.reading(
            composeFiles: "\(folder.path)/compose.yaml", journal: "\(folder.path)/docker-health.txt",
            engine: Self.noEngine, environment: Self.environment)
    }

    @Test(
        "files alone are checked without an engine, ignored files are nobody's business, and what was left out is said")
    @Loop func withoutEngine() async throws {
        let report = try await self.report(TemporaryFolder(Self.shop))
        #expect(report.findings == [])
        #expect(report.notChecked.contains { $0.contains("there is no engine here") })
    }

    @Test("tracked files are looked through for secrets, and blueprints in other folders are compared")
    @Loop func tracked() async throws {
        var files = Self.shop
        files["notes.md"] = "# Notes\nThe token is \(BrokenProject.token).\n"
        files["old/render.yaml"] = Shop.blueprint.replacing("healthCheckPath: /health", with: "healthCheckPath: /old")
        let report = try await self.report(TemporaryFolder(files))
        #expect(report.findings.map(\.check) == [.secretInFile, .blueprintsDisagree])
        #expect(report.findings.first?.place == Place("notes.md", 2))
    }

    @Test("a link that leads out of the repository is not followed")
    @Loop func links() async throws {
        let elsewhere = try TemporaryFolder(["notes.md": BrokenProject.token])
        let folder = try TemporaryFolder(Self.shop)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/notes.md", withDestinationPath: "\(elsewhere.path)/notes.md")
        #expect(try await self.report(folder).findings == [])
    }

    @Test(
        "a blueprint or Dockerfile that is a pipe, a folder or a link that leads nowhere is a finding, and holds nobody up",
        arguments: ["a named pipe", "a folder", "a link that leads nowhere"], ["render.yaml", "Dockerfile"])
    @Loop func noFile(_ kind: String, _ name: String) async throws {
        let folder = try TemporaryFolder(Self.shop)
        let path = "\(folder.path)/\(name)"
        try FileManager.default.removeItem(atPath: path)
        switch kind {
        case "a named pipe": try #require(mkfifo(path, 0o600) == 0)
        case "a folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nonexistent/file")
        }
        let findings = try await self.report(folder).findings
        #expect(!findings.isEmpty && findings.allSatisfy { $0.what.hasSuffix("can't be read: it is \(kind)") })
        let check = name == "Dockerfile" ? Check.dockerfileMissing : .blueprintMalformed
        #expect(Set(findings.map(\.check)) == [check], "\(findings)")
    }

    @Test("without a repository the rest is checked, and it says that tracked files were not")
    @Loop func withoutGit() async throws {
        let report = try await self.report(TemporaryFolder(Self.shop), tracked: false)
        #expect(report.findings == [])
        #expect(report.notChecked.contains { $0.hasPrefix("secrets in tracked files") })
    }

    @Test("a compose file that is not there is an error, and not a project without faults")
    @Loop func withoutCompose() async throws {
        let folder = try TemporaryFolder(["Dockerfile": Shop.dockerfile])
        let error = await #expect(throws: ComposeError.self) { try await self.report(folder) }
        #expect(error?.code == .fileMissing)
    }

    @Test("this repository has nothing but the names that its contract keeps")
    @Loop func ourselves() async throws {
        let root = Path.folder(Path.folder(Path.folder(#filePath)))
        let report = try await Report.reading(
            composeFiles: "\(root)/docker-compose.dev.yml", journal: "/nonexistent", engine: Self.noEngine,
            environment: ProcessInfo.processInfo.environment)
        #expect(
            report.findings.map { "\($0.place.file) \($0.check.rawValue)" } == [
                "render.yaml render-deprecated-key", "render.yaml render-deprecated-key",
            ])
    }
}
