import Compose
import Docker
import EventLoop
import Evidence
import FoundationEssentials
import Healing
import Support

/// Keeps the evidence of incidents: a bundle before each action, a report and the facts when it ends.
///
/// It can fail at nothing but its own work: what goes wrong is said once on stderr, and healing goes on.
@Loop
final class EvidenceKeeper {
    /// Of one incident; each later action takes the place of the last one.
    private static let bundlesMax = 5
    /// How much of the time before an incident its facts tell.
    private static let factsBefore = Duration.seconds(60)

    private let capture: Capture
    private let watched: Watched
    private let origin: Timestamp
    private var folding: IncidentFolding
    private var memory = FactMemory()
    /// When each open incident was detected.
    private var beginnings: [Int: Moment] = [:]
    private var complaint: String?

    /// - Parameter origin: the wall clock at the moment zero.
    init(_ watched: Watched, engine: Engine, origin: Timestamp) {
        self.watched = watched
        self.origin = origin
        self.capture = Capture(engine: engine)
        self.folding = IncidentFolding(project: watched.project)
    }

    /// Takes up the incidents that a journal leaves open.
    func restore(_ records: [(Record, at: Timestamp)]) {
        for (record, time) in records { _ = self.folding.add(record, at: time) }
    }

    /// Remembers what the core was told and what it decided.
    func remember(_ fact: Fact, _ decisions: [Decision], at now: Moment) {
        if fact != .tick { self.memory.add(.fact(fact, at: now)) }
        for decision in decisions {
            switch decision {
            case .act(let id, let action): self.memory.add(.acted(id, action, at: now))
            case .record(let record):
                if case .detected = record.event, let number = record.incident {
                    self.beginnings[number] = self.beginnings[number] ?? now
                }
            }
        }
    }

    /// Takes a record in that has just been written to the journal.
    ///
    /// - Returns: what is to be done when it ended an incident.
    func note(
        _ record: Record, at time: Timestamp, in state: HealingState
    ) -> (@Loop @Sendable () async -> Void)? {
        guard let story = self.folding.add(record, at: time) else { return nil }
        let facts = self.facts(of: story, in: state)
        self.beginnings[story.number] = nil
        return { await self.write(story, facts) }
    }

    /// Takes down how things are before an action wipes it out. Never longer than ``Capture/limit``.
    func capture(before action: Action, of id: ServiceID, pid: Int32, in state: HealingState) async {
        guard !action.container.isEmpty, let story = self.folding.open.values.first(where: { $0.service == id }) else {
            return
        }
        let isOneMore = story.actions > EvidenceKeeper.bundlesMax
        let bundle = isOneMore ? "action-last" : "action-\(max(1, story.actions))"
        self.tell(await self.capture.take(action.container, pid: pid, into: self.folder(of: story), bundle: bundle))
        let facts = self.facts(of: story, in: state)
        // The action does not wait for this; should we be killed in it, this much of the story is there.
        Task { @Loop in await self.write(story, facts) }
    }

    private func write(_ story: IncidentStory, _ facts: FactLog) async {
        let redactor = Redactor()
        self.tell(
            await self.capture.write(into: self.folder(of: story)) {
                [
                    ("report.md", redactor.redact(IncidentReport.markdown(of: story))),
                    ("facts.jsonl", redactor.redact(FactFile.text(of: facts))),
                ]
            })
    }

    private func folder(of story: IncidentStory) -> IncidentFolder {
        IncidentFolder(of: story, in: self.watched.folder)
    }

    private func facts(of story: IncidentStory, in state: HealingState) -> FactLog {
        let header = FactLog.Header(
            incident: story.number, of: story.service, in: state, origin: self.origin.nanoseconds)
        let begin = self.beginnings[story.number].map { $0 - EvidenceKeeper.factsBefore } ?? Moment(.zero)
        return FactLog(header, self.memory.entries(since: begin))
    }

    /// Says what is wrong when it is news.
    private func tell(_ problem: String?) {
        defer { self.complaint = problem }
        guard problem != self.complaint else { return }
        complain(problem.map { "evidence is lost, healing goes on without it: \($0)" } ?? "evidence can be kept again")
    }
}

extension IncidentFolder {
    init(of story: IncidentStory, in folder: StateFolder) {
        self.init(in: folder.incidents, project: story.project, number: story.number, began: story.began)
    }
}
