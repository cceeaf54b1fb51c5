extension DrillReport {
    private static let widths = [30, 9, 34, 34, 14, 14, 5, 9]

    /// What stands above the rows.
    public static var head: String {
        self.line([
            "FAULT", "DETECTED", "CAUSE NAMED", "ACTIONS", "SERVING AGAIN", "FAILED", "LOST", "WRONGFUL", "VERDICT",
        ])
    }

    /// The cells, each at least as wide as its column.
    fileprivate static func line(_ cells: [String]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            text += cell
            guard index < cells.count - 1 else { break }
            let width = index < self.widths.count ? self.widths[index] : 0
            text += String(repeating: " ", count: max(0, width - cell.count) + 2)
        }
        return text
    }

    /// What stands below the rows: how many were good, and what was not done here.
    public var summary: String {
        let (good, held) = (
            self.rows.count { if case .seen = $0.outcome { $0.isGood } else { false } },
            self.rows.count { if case .skipped = $0.outcome { false } else { true } }
        )
        var lines = Self.elsewhere.map { "\($0.title): \($0.place)" }
        lines.append(contentsOf: self.medians)
        lines.append("\(good) of \(held) as they must be, \(self.rows.count - held) skipped")
        return lines.joined(separator: "\n")
    }

    /// Where faults were injected more than once: the middle and the worst of each.
    private var medians: [String] {
        guard self.rows.contains(where: { $0.run > 1 }) else { return [] }
        var lines = [
            Self.line(["OF ALL RUNS", "DETECTED, median and worst", "SERVING AGAIN, median and worst", "GOOD"])
        ]
        var names: [String] = []
        for row in self.rows where !names.contains(row.name) { names.append(row.name) }
        for name in names {
            let rows = self.rows.filter { $0.name == name }
            let verdicts = rows.compactMap { row in
                if case .seen(let verdict, _) = row.outcome { verdict } else { nil }
            }
            lines.append(
                Self.line([
                    rows[0].title, Self.middleAndWorst(verdicts.compactMap(\.detected)),
                    Self.middleAndWorst(verdicts.compactMap(\.servingAgain)),
                    "\(verdicts.count(where: \.isGood)) of \(rows.count)",
                ]))
        }
        return lines
    }

    private static func middleAndWorst(_ times: [Duration]) -> String {
        let sorted = times.sorted()
        guard let worst = sorted.last else { return "-" }
        return "\(sorted[sorted.count / 2].shown), \(worst.shown)"
    }
}

extension DrillReport.Row {
    /// The row of the table, and what is wrong below it.
    public var text: String {
        let cells: [String]
        switch self.outcome {
        case .skipped(let reason): cells = [self.title, "-", "-", "-", "-", "-", "-", "-", "skipped: \(reason)"]
        case .notHeld: cells = [self.title, "-", "-", "-", "-", "-", "-", "-", "NOT HELD"]
        case .seen(let verdict, _):
            let named = verdict.named.isEmpty ? "nothing" : verdict.named.joined(separator: ", ")
            cells = [
                self.title, verdict.detected?.shown ?? "-", "\(named) (\(verdict.isNamedRightly ? "right" : "WRONG"))",
                verdict.actions.isEmpty ? "none" : verdict.actions.joined(separator: ", "),
                verdict.servingAgain.map { $0 == .zero ? "never stopped" : $0.shown } ?? "NEVER",
                "\(verdict.failed) of \(verdict.asked)", verdict.lost.map(String.init) ?? "-",
                String(verdict.wrongfulRestarts), verdict.isGood ? "good" : "NOT GOOD",
            ]
        }
        return ([DrillReport.line(cells)] + self.complaints.map { "    \($0)" }).joined(separator: "\n")
    }
}

extension Duration {
    /// Seconds with two digits behind the point.
    var shown: String {
        let hundredths = Int((self / .milliseconds(10)).rounded())
        let rest = String(hundredths % 100)
        return "\(hundredths / 100).\(rest.count == 1 ? "0" : "")\(rest) s"
    }
}
