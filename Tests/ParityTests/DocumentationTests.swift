import FoundationEssentials
import Testing

@testable import Parity

@Suite("Documentation")
struct DocumentationTests {
    @Test("docs/checks.md has one row for every check, as the program has it")
    func rows() throws {
        let root = Path.folder(Path.folder(Path.folder(#filePath)))
        let page = try String(contentsOfFile: "\(root)/docs/checks.md", encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == Check.allCases.count)
        for check in Check.allCases {
            let row = rows.first { $0.hasPrefix("| `\(check.rawValue)` | \(check.severity.rawValue) | ") }
            #expect(row?.hasSuffix(" | \(check.why) | \(check.mend) |") == true, "\(check.rawValue)")
        }
    }
}
