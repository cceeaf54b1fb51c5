extension DrillReport {
    /// The report as a page of its own, with a time line for each fault.
    public var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>selfheal drill</title>
        <style>
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
          color: #1b1f24; background: #fff; }
        h2 { font-size: 1.05rem; margin: 2rem 0 .2rem; }
        p { margin: .2rem 0; }
        table { border-collapse: collapse; width: 100%; font-size: .88rem; }
        th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #d8dee4; vertical-align: top; }
        .bad { color: #b3261e; font-weight: 600; }
        svg { width: 100%; height: auto; }
        svg text { font: 11px system-ui, sans-serif; fill: #1b1f24; }
        </style>
        </head>
        <body>
        <h1>selfheal drill</h1>
        <p>\(escaped(self.summary.split(separator: "\n").last.map(String.init) ?? ""))</p>
        <table>
        <tr><th>fault<th>detected<th>cause named<th>actions<th>serving again<th>failed<th>lost<th>wrongful<th>verdict</tr>
        \(self.rows.map(\.tableRow).joined(separator: "\n"))
        \(Self.elsewhere.map {
            "<tr><td>\(escaped($0.title))<td colspan=8>\(escaped($0.place))</tr>"
        }.joined(separator: "\n"))
        </table>
        \(self.rows.map(\.section).joined(separator: "\n"))
        </body>
        </html>

        """
    }
}

/// Text as HTML text.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

extension DrillReport.Row {
    fileprivate var tableRow: String {
        let mark = self.isGood ? "" : " class=bad"
        switch self.outcome {
        case .skipped(let reason):
            return "<tr><td>\(escaped(self.title))<td colspan=8>skipped: \(escaped(reason))</tr>"
        case .notHeld(let reason):
            return "<tr><td>\(escaped(self.title))<td colspan=8\(mark)>not held: \(escaped(reason))</tr>"
        case .seen(let verdict, _):
            let cells = [
                self.title, verdict.detected?.shown ?? "–", verdict.named.joined(separator: ", "),
                verdict.actions.joined(separator: ", "),
                verdict.servingAgain.map { $0 == .zero ? "never stopped" : $0.shown } ?? "never",
                "\(verdict.failed) of \(verdict.asked)", verdict.lost.map(String.init) ?? "–",
                String(verdict.wrongfulRestarts),
            ]
            return
                "<tr>\(cells.map { "<td>" + escaped($0) }.joined())<td\(mark)>\(verdict.isGood ? "good" : "not good")</tr>"
        }
    }

    fileprivate var section: String {
        guard case .seen(_, let seen) = self.outcome else { return "" }
        let run = self.run > 1 ? " (run \(self.run))" : ""
        let complaints = self.complaints.map { "<p class=bad>\(escaped($0))</p>" }.joined()
        return "<h2>\(escaped(self.title))\(run)</h2>\(complaints)\(TimeLine(seen).svg)"
    }
}

/// What happened after an injection, drawn: the answers to the client outside as a band, and what the watchdog and the
/// engine did as marks.
private struct TimeLine {
    private static let (width, left, band) = (980.0, 12.0, 14.0)
    private let seen: Observation
    private let end: Duration
    private static let shown: Set<String> = [
        "detected", "held", "action", "action_failed", "restarted_by_engine", "recovered", "healed", "unproven",
        "stand_down", "left_alone", "engine_lost", "engine_back", "probe_at_fault",
    ]

    init(_ seen: Observation) {
        self.seen = seen
        self.end = max(.seconds(5), seen.ended)
    }

    private func x(_ time: Duration) -> Double {
        Self.left + (Self.width - 2 * Self.left) * min(1, max(0, time / self.end))
    }

    var svg: String {
        var marks = self.seen.lines.filter { Self.shown.contains($0.event) }.map { line in
            let detail = line.fields["cause"] ?? line.fields["action"] ?? ""
            return (at: line.at, text: "\(line.event) \(line.role ?? "") \(detail)")
        }
        marks += self.seen.starts.map { (at: $0.at, text: "the engine started \($0.role)") }
        if let undone = self.seen.undone { marks.append((at: undone, text: "put back by the drill")) }
        marks.sort { $0.at < $1.at }
        let height = Self.band + 30 + Double(marks.count) * 15
        var parts = ["<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\">"]
        parts += self.bandParts
        for (index, mark) in marks.enumerated() {
            let (x, y) = (self.x(mark.at), Self.band + 26 + Double(index) * 15)
            // Text that would run out at the right stands at the left of its line.
            let isRight = x > Self.width * 0.6
            parts.append(
                "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(y)\" stroke=\"#57606a\" stroke-width=\"1\"/>"
                    + "<text x=\"\(isRight ? x - 4 : x + 4)\" y=\"\(y)\" text-anchor=\"\(isRight ? "end" : "start")\">"
                    + "\(mark.at.shown) \(escaped(mark.text))</text>")
        }
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    /// A tenth of a second is good when all that was asked in it was answered well.
    private var bandParts: [String] {
        var slots: [Int: Bool] = [:]
        for request in self.seen.requests where request.began >= .zero && request.began <= self.end {
            let slot = Int(request.began / .milliseconds(100))
            slots[slot] = slots[slot, default: true] && request.isGood
        }
        return slots.sorted { $0.key < $1.key }.map { slot, isGood in
            let x = self.x(.milliseconds(slot * 100))
            let width = self.x(.milliseconds(slot * 100 + 100)) - x
            return "<rect x=\"\(x)\" y=\"0\" width=\"\(width + 0.5)\" height=\"\(Self.band)\" "
                + "fill=\"\(isGood ? "#2da44e" : "#cf222e")\"/>"
        }
    }
}
