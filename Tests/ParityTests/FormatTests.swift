import FoundationEssentials
import Testing

@testable import Parity

@Suite("Formats")
struct FormatTests {
    private let report: Report = {
        var facts = Shop.facts
        facts.edit("render.yaml", "runtime: docker", "env: docker")
        facts.edit("compose.yaml", "    restart: unless-stopped\n", "")
        facts.tracked?.append("a folder/.env")
        facts.notChecked = ["what runs: \u{1B}[31mred\n"]
        return Report(facts)
    }()

    @Test("a line of the text leads to the file from where the person is, and says what, why, how and the check's id")
    func text() {
        let lines = self.report.text(prefix: "shop/", isColoured: false).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("shop/compose.yaml:2: error: service db has no restart policy; a process"))
        #expect(lines[1].hasSuffix("[restart-missing]"))
        #expect(lines[3] == "not checked: what runs:  [31mred ")
        #expect(lines[4] == "2 errors, 0 warnings, 1 note")
    }

    @Test("colours are the only control characters, and only when they are wanted")
    func colours() {
        #expect(self.report.text(prefix: "", isColoured: true).contains(": \u{1B}[31merror\u{1B}[0m: "))
        #expect(!self.report.text(prefix: "", isColoured: false).contains("\u{1B}"))
    }

    @Test("the JSON says all that the text says")
    func json() throws {
        struct Wire: Decodable {
            struct Finding: Decodable { let check, severity, file, what, why, mend: String; let line: Int }
            let findings: [Finding]
            let notChecked: [String]
            let errors, warnings, notes: Int
        }
        let wire = try JSONDecoder().decode(Wire.self, from: Data(self.report.json.utf8))
        #expect(wire.findings.map(\.check) == ["env-file-tracked", "restart-missing", "render-deprecated-key"])
        #expect(wire.findings.map(\.severity) == ["error", "error", "note"])
        #expect(wire.findings[1].file == "compose.yaml" && wire.findings[1].line == 2)
        #expect(wire.errors == 2 && wire.warnings == 0 && wire.notes == 1 && wire.notChecked.count == 1)
    }

    @Test("the SARIF has the version, a rule for every check, results that point to their rules, and encoded paths")
    func sarif() throws {
        struct Wire: Decodable {
            struct Run: Decodable {
                struct Tool: Decodable {
                    struct Driver: Decodable {
                        struct Rule: Decodable { let id: String }
                        let name, version: String
                        let rules: [Rule]
                    }
                    let driver: Driver
                }
                struct Result: Decodable {
                    struct Location: Decodable {
                        struct Physical: Decodable {
                            struct Artifact: Decodable { let uri: String }
                            struct Region: Decodable { let startLine: Int }
                            let artifactLocation: Artifact
                            let region: Region
                        }
                        let physicalLocation: Physical
                    }
                    let ruleId, level: String
                    let ruleIndex: Int
                    let locations: [Location]
                }
                let tool: Tool
                let results: [Result]
            }
            let version: String
            let runs: [Run]
        }
        let wire = try JSONDecoder().decode(Wire.self, from: Data(self.report.sarif(version: "1.2.3").utf8))
        let run = try #require(wire.runs.first)
        #expect(wire.version == "2.1.0" && wire.runs.count == 1)
        #expect(run.tool.driver.version == "1.2.3" && run.tool.driver.rules.map(\.id) == Check.allCases.map(\.rawValue))
        #expect(run.results.map { run.tool.driver.rules[$0.ruleIndex].id } == run.results.map(\.ruleId))
        #expect(run.results.map(\.level) == ["error", "error", "note"])
        let place = run.results[0].locations[0].physicalLocation
        #expect(place.artifactLocation.uri == "a%20folder/.env" && place.region.startLine == 1)
    }
}
