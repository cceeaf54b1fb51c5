extension Report {
    /// For a person: a line for each finding as compilers write them, then a summary.
    ///
    /// - Parameters:
    ///   - prefix: what comes before each path so that it leads there from where the person is; empty, or with a slash at
    ///     its end.
    ///   - isColoured: whether severities get colours of a terminal.
    public func text(prefix: String, isColoured: Bool) -> String {
        var lines = self.findings.map { finding in
            let severity = Self.coloured(finding.check.severity, isColoured)
            return Self.printable(
                "\(prefix)\(finding.place.file):\(finding.place.line): ", "\(severity): ",
                "\(finding.what); \(finding.check.why); \(finding.check.mend) [\(finding.check.rawValue)]")
        }
        lines += self.notChecked.map { Self.printable("not checked: ", "", $0) }
        let counts = Severity.allCases.map { severity in
            let count = self.count(severity)
            return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        lines.append(counts.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    private static func coloured(_ severity: Severity, _ isColoured: Bool) -> String {
        guard isColoured else { return severity.rawValue }
        let code =
            switch severity {
            case .error: 31
            case .warning: 33
            case .note: 36
            }
        return "\u{1B}[\(code)m\(severity.rawValue)\u{1B}[0m"
    }

    /// Names and paths come from files: what a terminal might obey is left out of them.
    private static func printable(_ place: String, _ severity: String, _ text: String) -> String {
        func clean(_ text: String) -> String {
            String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
        }
        return clean(place) + severity + clean(text)
    }
}
