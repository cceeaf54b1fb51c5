import Compose
import Evidence
import Foundation
import Healing
import Support
import Testing

@testable import Watchdog

@Suite("A replay of a journal")
struct ReplayReportTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)")
        .path
    private let origin: Int64 = 1_764_324_000_000_000_000
    private let app = ServiceID("app")

    /// Writes the journal of an app that never answers any more, and the facts beside it.
    ///
    /// - Parameter lineMore: of an action that the facts know nothing of.
    /// - Returns: the journal's path and how many actions were taken.
    private func record(lineMore: String? = nil) throws -> (journal: String, actions: Int) {
        var state = HealingState(dependencies: ["app": []], probed: ["app"])
        var log: [FactLog.Entry] = []
        var lines = [self.line(Moment(.zero), [("event", "watch_started"), ("project", "shop")])]
        var run = Container.Run(container: "a", started: "0")
        var actions = 0
        func say(_ fact: Fact, at now: Moment) {
            log.append(.fact(fact, at: now))
            for decision in state.step(fact, at: now) {
                switch decision {
                case .record(let record): lines.append(self.line(now, record.fields))
                case .act(let id, let action):
                    log.append(.acted(id, action, at: now))
                    actions += 1
                }
            }
        }
        for second in 1...40 {
            let (now, before) = (Moment(.seconds(second)), actions)
            say(.observed(service: "app", containers: [1: self.container(run)], asOf: now), at: now)
            say(
                .probed(self.app, ProbeResult(run: run, began: now, outcome: second < 5 ? .passed : .timedOut)), at: now
            )
            if actions > before {
                run = Container.Run(container: "a", started: "\(second)")
                say(.observed(service: "app", containers: [1: self.container(run)], asOf: now), at: now)
                say(.actionEnded(self.app, .succeeded), at: now)
            }
        }
        if let lineMore { lines.append("\(lines[lines.count - 1].split(separator: " ")[0]) \(lineMore)") }
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        let journal = "\(self.folder)/health.txt"
        try (lines.joined(separator: "\n") + "\n").write(toFile: journal, atomically: true, encoding: .utf8)
        let story = try #require(IncidentHistory.stories(in: journal).0.first)
        let files = IncidentFolder(of: story, in: StateFolder(in: self.folder, project: "shop"))
        try FileManager.default.createDirectory(atPath: files.path, withIntermediateDirectories: true)
        let header = FactLog.Header(incident: story.number, of: self.app, in: state, origin: self.origin)
        try files.write(Array(FactFile.text(of: FactLog(header, log)).utf8), to: "facts.jsonl")
        return (journal, actions)
    }

    private func container(_ run: Container.Run) -> Container {
        Container(run: run, state: .running, started: Moment(.zero))
    }

    private func line(_ moment: Moment, _ fields: [Record.Field]) -> String {
        let time = Timestamp(nanoseconds: self.origin + Int64((moment - Moment(.zero)) / .nanoseconds(1)))
        return Logfmt.line([("time", time.description)] + fields.map { ($0.key, $0.value) })
    }

    private func report(_ journal: String, _ changes: [(name: String, value: String)] = []) -> ReplayReport {
        ReplayReport(
            journal: journal, folder: { StateFolder(in: "/nowhere", project: $0) }, incident: nil, changes: changes)
    }

    @Test("finds the facts beside it, and of an incident that is open invents nothing")
    func open() throws {
        defer { try? FileManager.default.removeItem(atPath: self.folder) }
        let (journal, actions) = try self.record()
        try #require(actions > 1)
        let report = self.report(journal)
        let incident = try #require(report.incidents.first)
        #expect(incident.isFaithful && incident.actions == actions)
        #expect(incident.otherActions == actions && incident.actionsSaved == 0)
        #expect(incident.secondsToServe == nil && incident.otherSecondsToServe == nil && incident.secondsAdded == nil)
        #expect(incident.caveats == ["the record ends before app serves again"])
        #expect(report.text.contains("#1: the record ends before app serves again"))
        // One more than the record shows an effect of: not to be compared.
        let hasty = self.report(journal, [("backoff_base", "0s"), ("backoff_max", "0s")])
        #expect(hasty.incidents.first?.actions == actions)
        #expect(hasty.incidents.first?.otherActions == actions + 1)
        #expect(hasty.incidents.first?.actionsSaved == nil)
    }

    @Test("marks what the recorded policy would not do again, and leaves it out of the sum")
    func unfaithful() throws {
        defer { try? FileManager.default.removeItem(atPath: self.folder) }
        let (journal, actions) = try self.record(
            lineMore: "event=action service=app incident=1 action=restart grace=1s attempt=9 backoff=60s")
        let report = self.report(journal)
        let incident = try #require(report.incidents.first)
        #expect(!incident.isFaithful && incident.actions == actions + 1)
        #expect(incident.otherActions == nil && incident.actionsSaved == nil && incident.secondsAdded == nil)
        #expect(incident.caveats.contains { $0.contains("do not replay as it was") })
        #expect(report.text.contains("actions saved: 0 in 0 of 1 incidents"))
        #expect(report.text.contains("?"))
    }
}
