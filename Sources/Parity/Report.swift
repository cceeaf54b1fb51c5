/// What a check of a project came to.
public struct Report: Hashable, Sendable {
    /// In the order of files and lines, each once.
    public let findings: [Finding]
    /// What could not be looked at, and why.
    public let notChecked: [String]

    /// Findings of no fault of the files, such as `env: docker`, count as notes and not here.
    public var hasErrors: Bool { self.findings.contains { $0.check.severity == .error } }

    /// Judges `facts`.
    init(_ facts: Facts) {
        let project = Project(facts)
        let all =
            project.findings + project.probeFindings + project.composeFindings + project.blueprintFindings
            + project.secretFindings + project.runningFindings
        self.findings = Set(all).sorted()
        self.notChecked = facts.notChecked
    }

    public func count(_ severity: Severity) -> Int { self.findings.count { $0.check.severity == severity } }
}
