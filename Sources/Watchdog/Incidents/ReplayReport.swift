public import Compose
import Evidence
import Healing
import Support

/// What another policy would have done with the incidents of a journal.
public struct ReplayReport: Encodable, Sendable {
    public struct Incident: Encodable, Sendable {
        public let project: String
        public let incident: Int
        public let service: String
        public let began: String
        /// As recorded.
        public let actions: Int
        public let secondsToServe: Double?
        /// Whether the facts lead the recorded policy to what was done. Nothing is said of another one where they don't.
        public let isFaithful: Bool
        public let otherActions: Int?
        public let otherSecondsToServe: Double?
        /// Negative where the other policy acts more often; nil where the record does not tell.
        public let actionsSaved: Int?
        /// How much later it serves again; negative for sooner; nil where the record does not tell.
        public let secondsAdded: Double?
        /// What the record can't tell, and what it does not tell exactly.
        public let caveats: [String]
    }

    public let incidents: [Incident]
    /// Incidents of the journal whose facts are not kept, by number.
    public let withoutFacts: [Int]

    /// - Parameters:
    ///   - folder: where a project keeps its state, where that is not beside the journal.
    ///   - incident: the one that is wanted; nil for all.
    ///   - changes: of the policy, as ``Policy/set(_:to:)`` takes them.
    public init(
        journal: String, folder: (_ project: String) -> StateFolder, incident: Int?,
        changes: [(name: String, value: String)]
    ) {
        let contents = Journal.read(journal)
        var incidents: [Incident] = []
        var withoutFacts: [Int] = []
        for story in IncidentHistory.stories(in: journal).0 where incident == nil || incident == story.number {
            let beside = journal.lastIndex(of: "/").map { String(journal[..<$0]) } ?? "."
            let folders = [StateFolder(in: beside, project: story.project), folder(story.project)]
            let facts = folders.lazy.compactMap { IncidentFolder(of: story, in: $0).text(of: "facts.jsonl") }.first
            guard let log = facts.flatMap({ FactFile.log(in: $0) }) else {
                withoutFacts.append(story.number)
                continue
            }
            let origin = Timestamp(nanoseconds: log.header.origin)
            let records = zip(contents.records, contents.projects).filter { $1 == story.project }.map {
                ($0.0.0, at: Moment($0.0.at - origin))
            }
            incidents.append(Incident(story, log, records: records, changes: changes))
        }
        self.incidents = incidents
        self.withoutFacts = withoutFacts
    }

    /// For a person, without an end of line.
    public var text: String {
        guard !self.incidents.isEmpty else {
            return "nothing to replay: no incident of this journal has its facts in .selfheal/incidents"
        }
        var rows = [["INCIDENT", "SERVICE", "BEGAN", "ACTIONS", "SERVED AGAIN", "OTHER", "SERVED AGAIN"]]
        for incident in self.incidents {
            rows.append([
                "#\(incident.incident)", incident.service, incident.began, String(incident.actions),
                incident.secondsToServe.map(ReplayReport.seconds) ?? "-", incident.otherActions.map(String.init) ?? "?",
                incident.otherSecondsToServe.map(ReplayReport.seconds) ?? (incident.isFaithful ? "-" : "?"),
            ])
        }
        var lines = TextTable.lines(rows)
        for incident in self.incidents { lines += incident.caveats.map { "#\(incident.incident): \($0)" } }
        if !self.withoutFacts.isEmpty {
            lines.append("without facts: " + self.withoutFacts.map { "#\($0)" }.joined(separator: " "))
        }
        let saved = self.incidents.compactMap(\.actionsSaved)
        let added = self.incidents.compactMap(\.secondsAdded)
        lines.append(
            "actions saved: \(saved.reduce(0, +)) in \(saved.count) of \(self.incidents.count) incidents; "
                + "seconds added: \(ReplayReport.seconds(added.reduce(0, +))) in \(added.count)")
        return lines.joined(separator: "\n")
    }

    fileprivate static func seconds(_ value: Double) -> String {
        Duration.milliseconds(Int64((value * 1_000).rounded())).seconds
    }
}

extension ReplayReport.Incident {
    fileprivate init(
        _ story: IncidentStory, _ log: FactLog, records: [(Record, at: Moment)],
        changes: [(name: String, value: String)]
    ) {
        var policy = Policy()
        // A name that this version does not know any more is left at its default.
        for (name, value) in log.header.policy { _ = policy.set(name, to: value) }
        let base = Replay(log, in: records, policy: policy)
        for (name, value) in changes { _ = policy.set(name, to: value) }
        let other = Replay(log, in: records, policy: policy)
        let served = base.recovered.map { ($0 - base.began).inSeconds }
        let recorded = story.recovered?.inSeconds
        let isAsLate = served.flatMap { served in recorded.map { abs(served - $0) < 1 } } ?? true
        let isFaithful = !base.isLost && base.actions.count == story.actions && isAsLate
        let isKnown = isFaithful && !other.isLost
        var caveats = [isFaithful ? other.caveat : base.caveat].compactMap(\.self)
        if !isFaithful {
            let again = served.map { ", and it serves again after \(ReplayReport.seconds($0))" } ?? ""
            let often = base.actions.count == 1 ? "once" : "\(base.actions.count) times"
            caveats.append("the facts do not replay as it was: the same policy now acts \(often)\(again)")
        }
        let added = base.recovered.flatMap { served in other.recovered.map { ($0 - served).inSeconds } }
        self.init(
            project: story.project, incident: story.number, service: story.service.description,
            began: story.began.description, actions: story.actions, secondsToServe: recorded,
            isFaithful: isFaithful, otherActions: isFaithful ? other.actions.count : nil,
            otherSecondsToServe: isFaithful ? other.recovered.map { ($0 - base.began).inSeconds } : nil,
            actionsSaved: isKnown ? base.actions.count - other.actions.count : nil,
            secondsAdded: isKnown ? added : nil, caveats: caveats)
    }
}
