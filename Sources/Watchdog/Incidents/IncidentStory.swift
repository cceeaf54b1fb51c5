public import Healing
public import Support

/// One incident as the journal tells it.
public struct IncidentStory: Sendable {
    public let project: String
    public let number: Int
    public let service: ServiceID
    /// When it was detected.
    public let began: Timestamp
    public private(set) var records: [(record: Record, at: Timestamp)] = []
    /// Records in the middle that there was no room for.
    public private(set) var recordsLeftOut = 0
    public private(set) var actions = 0
    /// From the first bad sign to the service's serving again; nil while it does not.
    public private(set) var recovered: Duration?
    /// From the first bad sign to the proof.
    public private(set) var healed: Duration?
    /// Who took it out of our hands.
    public private(set) var standDown: String?
    public private(set) var ended: Timestamp?

    /// Of an incident that lasts for days the beginning and the latest are kept.
    private static let recordsMax = 400

    /// Nil for a record that begins no incident.
    public init?(_ record: Record, at time: Timestamp, project: String) {
        guard case .detected = record.event, let service = record.service, let number = record.incident else {
            return nil
        }
        self.project = project
        self.number = number
        self.service = service
        self.began = time
        self.add(record, at: time)
    }

    /// What was found to be wrong, in the order it was found.
    public var causes: [String] {
        self.records.compactMap {
            if case .detected(let diagnosis) = $0.record.event { diagnosis.kind.rawValue } else { nil }
        }
    }

    mutating func add(_ record: Record, at time: Timestamp) {
        if self.records.count >= IncidentStory.recordsMax {
            self.records.remove(at: IncidentStory.recordsMax / 2)
            self.recordsLeftOut += 1
        }
        self.records.append((record, at: time))
        guard record.incident == self.number, record.service == self.service else { return }
        switch record.event {
        case .acted:
            self.actions += 1
            self.recovered = nil
        case .detected: self.recovered = nil
        case .recovered(let after): self.recovered = after
        case .healed(let after, _, _):
            self.healed = after
            self.recovered = self.recovered ?? after
            self.ended = time
        case .standDown(let reason):
            self.standDown = reason
            self.ended = time
        default: break
        }
    }
}

/// Incidents made of records: those that are open, and each that ends.
public struct IncidentFolding: Sendable {
    private let project: String
    public private(set) var open: [Int: IncidentStory] = [:]

    public init(project: String) { self.project = project }

    /// Takes the next record in.
    ///
    /// - Returns: the incident that it ended.
    public mutating func add(_ record: Record, at time: Timestamp) -> IncidentStory? {
        guard let number = record.incident else {
            // The engine's absence and pauses belong to the story of all that goes on.
            switch record.event {
            case .engineLost, .engineBack, .hostTrouble, .paused, .resumed:
                for (number, story) in self.open
                where record.service.map({ $0.service == story.service.service }) ?? true {
                    self.open[number]?.add(record, at: time)
                }
            default: break
            }
            return nil
        }
        if self.open[number] == nil {
            self.open[number] = IncidentStory(record, at: time, project: self.project)
        } else {
            self.open[number]?.add(record, at: time)
        }
        guard let story = self.open[number], story.ended != nil else { return nil }
        self.open[number] = nil
        return story
    }
}
