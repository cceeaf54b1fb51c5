import Foundation
import Testing

/// The drill as a person holds it: a few faults here, all of them with `LIVE_FULL=1`.
@Suite("selfheal drill", .serialized, .alone)
struct DrillTests {
    private struct Report: Decodable {
        struct Row: Decodable {
            let fault: String
            let ok: Bool
            let complaints: [String]?
            let skipped: String?
            let notHeld: String?
            let detectedMs: Int?
            let movesAcknowledged: Int?
        }

        let ok: Bool
        let rows: [Row]
    }

    private static let few = ["killed", "frozen", "container-disk-full", "database-killed"]
    private static let environment = ProcessInfo.processInfo.environment.merging([
        "COMPOSE_FILE": "\(repository)/docker-compose.dev.yml"
    ]) { $1 }

    @Test("breaks a project of its own, finds every fault healed, rightly named and nothing lost, and leaves nothing")
    func drill() async throws {
        let page = NSTemporaryDirectory() + "drill-\(UUID().uuidString).html"
        defer { unlink(page) }
        let choice = isFullLength ? [] : ["--only", Self.few.joined(separator: ",")]
        let output = try await Live.run(
            [Live.selfheal, "drill", "--json", "--html", page, "--image", LiveProject.Image.faults.rawValue] + choice,
            environment: Self.environment, within: .seconds(isFullLength ? 3_600 : 300))
        let report = try JSONDecoder().decode(Report.self, from: Data(output.stdout.utf8))
        #expect(output.code == 0 && report.ok, "\(output.text)")
        if !isFullLength { #expect(report.rows.map(\.fault) == Self.few) }
        for row in report.rows {
            #expect(row.skipped == nil && row.notHeld == nil && row.complaints == [], "\(row)")
            #expect((row.movesAcknowledged ?? 0) > 0, "\(row)")
        }
        #expect(report.rows.first { $0.fault == "frozen" }?.detectedMs != nil)
        #expect(textOfFile(page).contains("<svg"))
        try await self.expectNothingLeft(of: try self.project(output.stderr))
    }

    @Test("removes all that it made when it is interrupted")
    func interrupted() async throws {
        let base = NSTemporaryDirectory() + "drill-\(UUID().uuidString)"
        let (stdout, stderr) = ("\(base).out", "\(base).err")
        defer { for file in [stdout, stderr] { unlink(file) } }
        let child = try Child(
            [Live.selfheal, "drill", "--only", "frozen", "--image", LiveProject.Image.faults.rawValue],
            environment: Self.environment, directory: "/", stdout: stdout, stderr: stderr)
        let name = try await eventually("the drill's containers", within: .seconds(120)) {
            guard let name = try? self.project(textOfFile(stderr)) else { return String?.none }
            return try await self.names(["ps", "--format", "{{.Names}}"]).contains("\(name)-app-1") ? name : nil
        }
        child.signal(SIGINT)
        let code = try await child.end(within: .seconds(120), "an interrupted drill to end")
        #expect(code == 51, "\(textOfFile(stderr))")
        try await self.expectNothingLeft(of: name)
    }

    /// The name of the project that a drill says it starts.
    private func project(_ stderr: String) throws -> String {
        guard let line = stderr.split(separator: "\n").first(where: { $0.contains("→ starting ") }),
            let name = line.split(separator: " ").first(where: { $0.hasPrefix("drill-") })
        else { throw Trouble("the drill does not say what it starts: \(stderr)") }
        return String(name)
    }

    private func names(_ words: [String]) async throws -> [String] {
        try await must(["docker"] + words).split(separator: "\n").map(String.init)
    }

    private func expectNothingLeft(of name: String) async throws {
        for words in [
            ["ps", "--all", "--format", "{{.Names}}"], ["volume", "ls", "--format", "{{.Name}}"],
            ["network", "ls", "--format", "{{.Name}}"], ["images", "--format", "{{.Repository}}"],
        ] {
            let left = try await self.names(words).filter { $0.contains(name) }
            #expect(left.isEmpty, "docker \(words[0]) shows \(left)")
        }
        #expect(!FileManager.default.fileExists(atPath: "/tmp/\(name)"))
        #expect(!textOfFile("/proc/self/mounts").contains("/tmp/\(name)/"))
    }
}
