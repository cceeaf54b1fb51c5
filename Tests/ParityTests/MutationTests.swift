import Support
import Testing

@testable import Parity

@Suite("Mutations")
struct MutationTests {
    /// What such files are made of, and what tends to break those who read them.
    private static let pieces = [
        "\n", "\r\n", "\t", " ", ":", "- ", "[", "]", "{", "}", "\"", "'", "\\", "\\\n", "#", "$", "${", "$$", "&a ",
        "*a",
        "<<", "<<: *a", "<<EOF", "!!str ", "|", ">-", "---", "...", "\u{0}", "\u{1B}[2J", "\u{FEFF}", "é", "👩‍👩‍👧",
        "ﬆopsignal",
        "FROM ", "FROM scratch AS ", "COPY . .", "HEALTHCHECK ", "--interval=", "999999999999999999999", "-1", "1e400s",
        "0x10", "null", "true", "services:", "://", ":99999/", "@", "build: ", "target: 0", "depends_on: [app]",
    ]

    private static func mutated(_ text: String, _ random: inout SplitMix64) -> String {
        var characters = Array(text)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let start = Int.random(in: 0...characters.count, using: &random)
            let end = min(characters.count, start + Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: characters.removeSubrange(start..<end)
            case 1: characters.insert(contentsOf: characters[start..<end], at: start)
            case 2: characters = Array(characters[end...] + characters[..<end])
            default:
                let piece = Self.pieces.randomElement(using: &random) ?? ""
                characters.insert(contentsOf: piece, at: start)
            }
        }
        return String(characters)
    }

    @Test(
        "whatever the files hold, every finding is about a line that a file has, and can be printed",
        arguments: UInt64(0)..<150)
    func mutations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for project in BrokenProject.all.shuffled(using: &random).prefix(4) {
            var facts = project.facts
            for (path, text) in facts.texts.sorted(by: { $0.key < $1.key }) where Bool.random(using: &random) {
                facts.write(path, Self.mutated(text, &random))
            }
            let report = facts.report
            for finding in report.findings {
                let text = facts.texts[finding.place.file]
                // libyaml and Docker end lines in more ways than one; the line after the last is the end of the file.
                let count = (text ?? "").unicodeScalars.count {
                    "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
                }
                #expect(text != nil || facts.tracked?.contains(finding.place.file) == true)
                #expect((1...count + 2).contains(finding.place.line))
            }
            let printed = report.text(prefix: "", isColoured: false)
            #expect(printed.split(separator: "\n").count == report.findings.count + report.notChecked.count + 1)
            #expect(!printed.unicodeScalars.contains { $0.value == 0x1B })
            #expect(!report.sarif(version: "1").isEmpty && !report.json.isEmpty)
        }
    }
}
