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
        self.findings = Self.withoutRepetition(Set(all).sorted())
        self.notChecked = facts.notChecked
    }

    /// A secret is found by its name and by its looks: where both are, the name says more, and one line is enough.
    private static func withoutRepetition(_ findings: [Finding]) -> [Finding] {
        let named = Set(
            findings.filter { [.secretValue, .secretInImage, .secretInBuildArgument].contains($0.check) }.map(\.place))
        var seen: Set<Place> = []
        return findings.filter { finding in
            guard finding.check == .secretInFile else { return true }
            return !named.contains(finding.place) && seen.insert(finding.place).inserted
        }
    }

    public func count(_ severity: Severity) -> Int { self.findings.count { $0.check.severity == severity } }
}
