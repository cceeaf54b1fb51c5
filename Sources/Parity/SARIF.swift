/// A report as SARIF 2.1.0 has it. The names are the format's; rules are listed once, and results point to them.
struct SARIF: Encodable {
    struct Run: Encodable {
        let tool: Tool
        let invocations: [Invocation]
        let results: [Result]
        let columnKind = "unicodeCodePoints"
    }

    struct Tool: Encodable {
        let driver: Driver
    }

    struct Driver: Encodable {
        let name = "selfheal"
        let version: String
        let rules: [Rule]
    }

    struct Rule: Encodable {
        struct Configuration: Encodable {
            let level: String
        }

        let id: String
        let shortDescription: Message
        let help: Message
        let defaultConfiguration: Configuration
    }

    struct Message: Encodable {
        let text: String
    }

    struct Invocation: Encodable {
        struct Notification: Encodable {
            let level = "note"
            let message: Message
        }

        let executionSuccessful = true
        let toolExecutionNotifications: [Notification]
    }

    struct Result: Encodable {
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
    }

    struct Location: Encodable {
        struct Physical: Encodable {
            let artifactLocation: Artifact
            let region: Region
        }

        struct Artifact: Encodable {
            let uri: String
            let uriBaseId = "%SRCROOT%"
        }

        struct Region: Encodable {
            let startLine: Int
        }

        let physicalLocation: Physical
    }

    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    let runs: [Run]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    init(_ report: Report, version: String) {
        let rules = Check.allCases.map { check in
            Rule(
                id: check.rawValue, shortDescription: Message(text: check.why), help: Message(text: check.mend),
                defaultConfiguration: Rule.Configuration(level: check.severity.rawValue))
        }
        let results = report.findings.map { finding in
            let location = Location(
                physicalLocation: Location.Physical(
                    artifactLocation: Location.Artifact(uri: Self.uri(finding.place.file)),
                    region: Location.Region(startLine: finding.place.line)))
            let check = finding.check
            return Result(
                ruleId: check.rawValue, ruleIndex: Check.allCases.firstIndex(of: check) ?? 0,
                level: check.severity.rawValue,
                message: Message(text: "\(finding.what); \(check.why); \(check.mend)"), locations: [location])
        }
        let notifications = report.notChecked.map { text in
            Invocation.Notification(message: Message(text: "not checked: \(text)"))
        }
        self.runs = [
            Run(
                tool: Tool(driver: Driver(version: version, rules: rules)),
                invocations: [Invocation(toolExecutionNotifications: notifications)], results: results)
        ]
    }

    /// A relative reference of RFC 3986: everything but letters, digits, `-._~` and slashes is encoded.
    private static func uri(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var uri = ""
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2F:
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return uri
    }
}
