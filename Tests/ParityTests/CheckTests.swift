import Testing

@testable import Parity

@Suite("Checks")
struct CheckTests {
    @Test("a project without a fault has no finding")
    func clean() {
        #expect(Shop.facts.report.findings == [])
        #expect(!Shop.facts.report.hasErrors)
    }

    @Test("one fault is one finding, at its line", arguments: BrokenProject.all)
    func oneFinding(_ project: BrokenProject) throws {
        let findings = project.facts.report.findings
        let line = try #require(project.line)
        #expect(findings.map(\.check) == [project.check])
        #expect(findings.map(\.place) == [Place(project.file, line)])
    }

    @Test("every check has a project that breaks it alone")
    func everyCheck() {
        #expect(Set(BrokenProject.all.map(\.check)) == Set(Check.allCases))
        #expect(BrokenProject.all.count >= 30)
    }

    @Test("the project runs into no finding when there is no engine, no git and no Compose")
    func filesAlone() {
        var facts = Shop.facts
        (facts.tracked, facts.images, facts.containers, facts.configHashes) = (nil, [:], [], [:])
        (facts.boots, facts.healthPathAnswers) = ([:], [:])
        #expect(facts.report.findings == [])
    }

    @Test("no form of the report shows a secret that was found", arguments: BrokenProject.all)
    func noSecret(_ project: BrokenProject) {
        let report = project.facts.report
        let forms = [report.text(prefix: "", isColoured: false), report.json, report.sarif(version: "1")]
        for form in forms {
            #expect(!form.contains(BrokenProject.secret) && !form.contains(BrokenProject.token))
        }
    }
}
