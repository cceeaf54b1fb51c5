public import Compose
import Evidence
import Healing
import Support

/// The incidents that a journal tells of, oldest first; and how long it took to serve again.
public struct IncidentHistory: Encodable, Sendable {
    public struct Incident: Encodable, Sendable {
        public let project: String
        public let incident: Int
        public let service: String
        public let replica: Int
        public let began: String
        /// The first is what it began with.
        public let causes: [String]
        public let actions: Int
        /// Whether an operator asked for healing in it.
        public let wasAskedFor: Bool
        /// `healed`, `open`, or why it was taken out of our hands.
        public let outcome: String
        /// From the first bad sign to serving again; nil where that did not happen.
        public let secondsToServe: Double?
        /// From the first bad sign to the proof; nil where there is none.
        public let secondsToProof: Double?
        /// The deploy within the hour before it; nil where there was none.
        public let deploy: String?
        /// The folder of its evidence; nil where there is none.
        public let evidence: String?
    }

    public let incidents: [Incident]
    /// The mean time to serve again, in seconds, over the incidents in which that happened; nil without any.
    public let meanSecondsToServe: Double?
    /// Lines of the journal that could not be read.
    public let damagedLines: Int

    /// Reads a journal with the one that was rotated away before it.
    ///
    /// - Parameters:
    ///   - folder: where a project keeps its state.
    ///   - deployBefore: the deploy that changed the incident's service in the hour before it.
    public init(
        journal: String, folder: (_ project: String) -> StateFolder, deployBefore: (IncidentStory) -> String?
    ) {
        let (stories, damagedLines) = IncidentHistory.stories(in: journal)
        self.incidents = stories.map { story in
            Incident(
                project: story.project, incident: story.number, service: story.service.service,
                replica: story.service.replica, began: story.began.description, causes: story.causes,
                actions: story.actions,
                wasAskedFor: story.records.contains { $0.record.event == .healAsked },
                outcome: story.healed != nil ? "healed" : story.standDown ?? "open",
                secondsToServe: story.recovered?.inSeconds, secondsToProof: story.healed?.inSeconds,
                deploy: deployBefore(story),
                evidence: IncidentFolder(of: story, in: folder(story.project)).existing)
        }
        let times = self.incidents.compactMap(\.secondsToServe)
        self.meanSecondsToServe = times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
        self.damagedLines = damagedLines
    }

    /// The incidents of all projects that a journal has served, in the order they began.
    static func stories(in journal: String) -> ([IncidentStory], damagedLines: Int) {
        let contents = Journal.read(journal)
        var projects: [String: IncidentFolding] = [:]
        var stories: [IncidentStory] = []
        for (record, project, time) in zip(contents.records, contents.projects).map({ ($0.0, $1, $0.1) }) {
            if let story = projects[project, default: IncidentFolding(project: project)].add(record, at: time) {
                stories.append(story)
            }
        }
        stories += projects.values.flatMap(\.open.values)
        return (stories.sorted { $0.began < $1.began }, contents.damagedLines)
    }

    /// For a person, without an end of line.
    public var text: String {
        var rows = [["BEGAN", "INCIDENT", "SERVICE", "CAUSE", "ACTIONS", "SERVED AGAIN", "PROVED", "OUTCOME"]]
        let hasProjects = Set(self.incidents.map(\.project)).count > 1
        for incident in self.incidents {
            let name = incident.replica == 1 ? incident.service : "\(incident.service).\(incident.replica)"
            let deploy = incident.deploy.map { ", after deploy \($0)" } ?? ""
            rows.append([
                incident.began, "#\(incident.incident)", hasProjects ? "\(incident.project)/\(name)" : name,
                incident.causes.joined(separator: ", "), String(incident.actions),
                incident.secondsToServe.map(IncidentHistory.seconds) ?? "-",
                incident.secondsToProof.map(IncidentHistory.seconds) ?? "-", incident.outcome + deploy,
            ])
        }
        guard rows.count > 1 else { return "no incidents in this journal" }
        var text = TextTable.lines(rows)
        let mean = self.meanSecondsToServe.map {
            ", served again after \(IncidentHistory.seconds($0)) on average (MTTR)"
        }
        let open = self.incidents.count { $0.outcome == "open" }
        text.append(
            "\(self.incidents.count) \(self.incidents.count == 1 ? "incident" : "incidents"), \(open) open\(mean ?? "")"
        )
        if self.damagedLines > 0 { text.append("\(self.damagedLines) damaged lines were skipped") }
        return text.joined(separator: "\n")
    }

    private static func seconds(_ value: Double) -> String {
        Duration.milliseconds(Int64((value * 10).rounded() * 100)).seconds
    }
}

extension Duration {
    /// To the millisecond.
    var inSeconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1_000
    }
}
