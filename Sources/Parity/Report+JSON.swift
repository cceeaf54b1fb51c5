import FoundationEssentials

extension Report {
    /// For a script: every finding with all it says, what was not checked, and the counts.
    public var json: String {
        let wire = ReportWire(
            findings: self.findings.map(FindingWire.init), notChecked: self.notChecked, errors: self.count(.error),
            warnings: self.count(.warning), notes: self.count(.note))
        return Self.encoded(wire)
    }

    /// For a code review: SARIF 2.1.0 (OASIS, https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
    ///
    /// - Parameter version: of this program.
    public func sarif(version: String) -> String { Self.encoded(SARIF(self, version: version)) }

    private static func encoded(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
            preconditionFailure("not encodable: \(error)")
        }
    }
}

private struct ReportWire: Encodable {
    let findings: [FindingWire]
    let notChecked: [String]
    let errors: Int
    let warnings: Int
    let notes: Int
}

private struct FindingWire: Encodable {
    let check: String
    let severity: String
    let file: String
    let line: Int
    let what: String
    let why: String
    let mend: String

    init(_ finding: Finding) {
        self.check = finding.check.rawValue
        self.severity = finding.check.severity.rawValue
        self.file = finding.place.file
        self.line = finding.place.line
        self.what = finding.what
        self.why = finding.check.why
        self.mend = finding.check.mend
    }
}
