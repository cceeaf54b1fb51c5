public import Support

extension DrillReport {
    /// The whole report as one JSON object; times in milliseconds from the injection.
    public var json: JSONValue {
        [
            "ok": .bool(self.isGood), "rows": .array(self.rows.map(\.json)),
            "elsewhere": .array(
                Self.elsewhere.map { ["fault": .string($0.name), "place": .string($0.place)] }),
        ]
    }
}

extension DrillReport.Row {
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("fault", .string(self.name)), .init("title", .string(self.title)), .init("run", .integer(self.run)),
            .init("ok", .bool(self.isGood)),
        ]
        switch self.outcome {
        case .skipped(let reason): members.append(.init("skipped", .string(reason)))
        case .notHeld(let reason): members.append(.init("notHeld", .string(reason)))
        case .seen(let verdict, let seen):
            members += [
                .init("detectedMs", Self.milliseconds(verdict.detected)),
                .init("named", .array(verdict.named.map { .string($0) })),
                .init("isNamedRightly", .bool(verdict.isNamedRightly)),
                .init("actions", .array(verdict.actions.map { .string($0) })),
                .init("servingAgainMs", Self.milliseconds(verdict.servingAgain)),
                .init("requests", .integer(verdict.asked)), .init("failedRequests", .integer(verdict.failed)),
                .init("movesAcknowledged", seen.loss.map { .integer($0.acknowledged) } ?? nil),
                .init("lost", verdict.lost.map { .integer($0) } ?? nil),
                .init("wrongfulRestarts", .integer(verdict.wrongfulRestarts)),
                .init("complaints", .array(verdict.complaints.map { .string($0) })),
                .init("journal", .array(seen.lines.map(Self.json))),
                .init(
                    "starts",
                    .array(seen.starts.map { ["atMs": Self.milliseconds($0.at), "service": .string($0.role)] })),
            ]
        }
        return .object(members)
    }

    private static func json(_ line: Observation.Line) -> JSONValue {
        let fields = line.fields.filter { $0.key != "time" }.sorted { $0.key < $1.key }
        return .object(
            [.init("atMs", self.milliseconds(line.at))] + fields.map { .init($0.key, .string($0.value)) })
    }

    private static func milliseconds(_ time: Duration?) -> JSONValue {
        time.map { .integer(Int(($0 / .milliseconds(1)).rounded())) } ?? nil
    }
}
