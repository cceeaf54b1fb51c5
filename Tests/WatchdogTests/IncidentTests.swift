import Foundation
import Healing
import Support
import Testing

@testable import Watchdog

@Suite("Incidents from the journal")
struct IncidentTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)")
        .path

    private let journal = """
        time=2026-11-28T10:00:00.000Z event=watch_started project=shop service=app pid=1
        time=2026-11-28T10:01:00.000Z event=detected service=app incident=1 cause=frozen evidence="all threads stopped"
        time=2026-11-28T10:01:00.001Z event=action service=app incident=1 action=restart grace=1s attempt=1 backoff=5s
        time=2026-11-28T10:01:01.000Z event=action_succeeded service=app incident=1 after=1s
        time=2026-11-28T10:01:02.000Z event=recovered service=app incident=1 after=4s
        time=2026-11-28T10:01:30.000Z event=healed service=app incident=1 after=32s attempts=1 proof="probe passed"
        time=2026-11-28T10:02:00.000Z event=watch_started project=other service=app pid=1
        time=2026-11-28T10:02:30.000Z event=detected service=app incident=1 cause=refusing evidence="a | b `c` <d>"
        time=2026-11-28T10:02:31.000Z event=engine_lost reason=gone
        time=2026-11-28T10:03:00.000Z event=watch_started project=shop service=app pid=1
        time=2026-11-28T10:03:30.000Z event=detected service=db incident=2 cause=exited evidence="exit code 1"
        time=2026-11-28T10:03:31.000Z event=detected service=app incident=3 cause=dependency evidence="blaming db"
        time=2026-11-28T10:03:32.000Z event=heal_asked service=db incident=2
        time=2026-11-28T10:03:40.000Z event=stand_down service=db incident=2 reason=stopped_by_a_person
        time=2026-11-28T10:03:42.000Z event=recovered service=app incident=3 after=10s

        """

    private func readHistory() throws -> IncidentHistory {
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: self.folder) }
        let path = "\(self.folder)/health.txt"
        // Half of it was rotated away.
        let lines = self.journal.split(separator: "\n", omittingEmptySubsequences: false)
        try lines.prefix(4).map { $0 + "\n" }.joined().write(toFile: "\(path).1", atomically: true, encoding: .utf8)
        try lines.dropFirst(4).joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        let settings = try WatchSettings(environment: ["COMPOSE_FILE": "\(self.folder)/compose.yaml"])
        return IncidentHistory(journal: path, folder: settings.stateFolder) {
            $0.service.service == "db" ? "a deploy" : nil
        }
    }

    @Test("are told with their times, over rotation, projects and restarts of the watchdog")
    func history() throws {
        let history = try self.readHistory()
        let incidents = history.incidents
        #expect(incidents.map(\.project) == ["shop", "other", "shop", "shop"])
        #expect(incidents.map(\.incident) == [1, 1, 2, 3])
        #expect(incidents.map(\.outcome) == ["healed", "open", "stopped_by_a_person", "open"])
        #expect(incidents.map(\.secondsToServe) == [4, nil, nil, 10])
        #expect(incidents.map(\.secondsToProof) == [32, nil, nil, nil])
        #expect(incidents.map(\.actions) == [1, 0, 0, 0])
        #expect(incidents.map(\.wasAskedFor) == [false, false, true, false])
        #expect(incidents.map(\.deploy) == [nil, nil, "a deploy", nil])
        #expect(history.meanSecondsToServe == 7)
        #expect(history.damagedLines == 0)
        #expect(history.text.contains("4 incidents, 2 open, served again after 7s on average (MTTR)"))
        #expect(history.text.contains("other/app"))
    }

    @Test("are none in an empty journal")
    func empty() throws {
        let settings = try WatchSettings(environment: [:])
        let history = IncidentHistory(journal: "/nowhere/health.txt", folder: settings.stateFolder) { _ in nil }
        #expect(history.incidents.isEmpty && history.meanSecondsToServe == nil)
        #expect(history.text == "no incidents in this journal")
    }

    @Test("make a report that can be pasted: a row for each line, and no markup of a service's making")
    func report() throws {
        var folding = IncidentFolding(project: "shop")
        var stories: [IncidentStory] = []
        for line in self.journal.split(separator: "\n") {
            let fields = try #require(Logfmt.fields(line))
            let time = try #require(fields["time"].flatMap { Timestamp($0) })
            if let record = Record(fields: fields), let story = folding.add(record, at: time) { stories.append(story) }
        }
        let report = IncidentReport.markdown(of: try #require(stories.first))
        #expect(report.hasPrefix("# Incident 1 of app in shop\n"))
        #expect(report.contains("- Outcome: healed, proved after 32s\n"))
        #expect(report.contains("| 2026-11-28T10:01:02.000Z | 2s | app: serves again, 4s after the first bad sign |\n"))
        var odd = try #require(
            IncidentStory(
                Record(ServiceID("app"), incident: 4, .detected(Diagnosis(.refusing, "a | b `c`\n# <d>"))), at: .now,
                project: "shop"))
        #expect(IncidentReport.markdown(of: odd).contains(#"a \| b \`c\` # \<d\> |"#))
        for _ in 1...1_000 { odd.add(Record(ServiceID("app"), incident: 4, .restartedByEngine), at: .now) }
        #expect(odd.records.count == 400)
        #expect(IncidentReport.markdown(of: odd).contains("601 lines left out"))
        #expect(odd.causes == ["refusing"])
    }

    @Test("keep their facts in a file that is read back as it was, damaged lines left out")
    func facts() throws {
        let run = Container.Run(container: "a", started: "1")
        let health = DockerHealth(
            status: .unhealthy, lastCheck: .init(began: Moment(.milliseconds(-5)), verdict: .timedOut), failingStreak: 3
        )
        let container = Container(run: run, state: .running, started: Moment(.zero), health: health)
        let id = ServiceID("app", replica: 2)
        let facts: [Fact] = [
            .observed(service: "app", containers: [2: container], asOf: Moment(.seconds(1))),
            .happened(id, .died(container: "a", exitCode: 137), at: Moment(.seconds(2))),
            .probed(
                id, ProbeResult(run: run, began: Moment(.zero), outcome: .answeredError(status: 503, sick: ["db"]))),
            .examined(id, run: run, ProcessCondition(isStopped: true)), .engineLost("gone"), .engineBack,
            .actionEnded(id, .failed("no \"way\"\n")), .deploying(["app"]),
            .asked(.pause(service: nil, for: .seconds(60), reason: "x")),
        ]
        let header = FactLog.Header(
            incident: 1, service: id, dependencies: ["app": ["db"]], probed: ["app"], policy: Policy().settings,
            origin: 1_764_324_000_000_000_000)
        let action = Action(.restart(grace: .milliseconds(1_500)), container: "a")
        let log = FactLog(
            header, facts.map { .fact($0, at: Moment(.milliseconds(1_234))) } + [.acted(id, action, at: Moment(.zero))])
        let text = FactFile.text(of: log)
        #expect(FactFile.log(in: text) == log)
        #expect(FactFile.log(in: text + "{\"fact\":\n") == log)
        #expect(FactFile.log(in: "nonsense") == nil)
    }
}
