extension Record {
    /// A key and its value, as they stand in the journal.
    public typealias Field = (key: String, value: String)

    /// The record as fields, in the order a person reads them. ``init(fields:)`` reads them back.
    public var fields: [Field] {
        var fields: [Field] = [("event", self.event.name)]
        if let service = self.service {
            fields.append(("service", service.service))
            if service.replica != 1 { fields.append(("replica", String(service.replica))) }
        }
        if let incident = self.incident { fields.append(("incident", String(incident))) }
        return fields + self.event.details
    }

    /// Reads a record from the fields of a journal line; nil when it is none of ours or has lost what matters.
    public init?(fields: [String: String]) {
        guard let name = fields["event"], let event = Event(name: name, fields) else { return nil }
        let service = fields["service"].map { ServiceID($0, replica: fields["replica"].flatMap { Int($0) } ?? 1) }
        self.init(service, incident: fields["incident"].flatMap(Record.count), event)
    }

    /// Reads a number that is counted on from; nil for one that no watchdog can have reached by counting.
    fileprivate static func count(_ text: String) -> Int? {
        Int(text).flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
}

extension Record.Event {
    /// The `event` of the journal line.
    public var name: String {
        switch self {
        case .detected: "detected"
        case .held: "held"
        case .acted: "action"
        case .actionSucceeded: "action_succeeded"
        case .actionFailed: "action_failed"
        case .restartedByEngine: "restarted_by_engine"
        case .recovered: "recovered"
        case .healed: "healed"
        case .unproven: "unproven"
        case .standDown: "stand_down"
        case .leftAlone: "left_alone"
        case .probeAtFault, .ownProbeAtFault: "probe_at_fault"
        case .staleHealth: "stale_health"
        case .startPeriodShort: "start_period_too_short"
        case .imageVerified: "image_verified"
        case .personNeeded: "person_needed"
        case .hostTrouble: "host_trouble"
        case .paused: "paused"
        case .resumed: "resumed"
        case .healAsked: "heal_asked"
        case .healRefused: "heal_refused"
        case .engineLost: "engine_lost"
        case .engineBack: "engine_back"
        }
    }

    fileprivate var details: [Record.Field] {
        switch self {
        case .detected(let diagnosis):
            [("cause", diagnosis.kind.rawValue), ("evidence", diagnosis.evidence)]
        case .held(let dependencies):
            [("by", dependencies.joined(separator: ","))]
        case .acted(let kind, let attempt, let backoff):
            switch kind {
            case .restart(let grace), .recreate(let grace):
                [
                    ("action", kind.name), ("grace", grace.seconds), ("attempt", String(attempt)),
                    ("backoff", backoff.seconds),
                ]
            case .rollBack(let image, let grace):
                [
                    ("action", kind.name), ("image", image), ("grace", grace.seconds), ("attempt", String(attempt)),
                    ("backoff", backoff.seconds),
                ]
            case .start:
                [("action", kind.name), ("attempt", String(attempt)), ("backoff", backoff.seconds)]
            }
        case .actionSucceeded(let after), .recovered(let after), .engineBack(let after):
            [("after", after.seconds)]
        case .healed(let after, let attempts, let proof):
            [("after", after.seconds), ("attempts", String(attempts)), ("proof", proof)]
        case .actionFailed(let reason), .unproven(let reason), .standDown(let reason), .leftAlone(let reason),
            .staleHealth(let reason), .personNeeded(let reason), .hostTrouble(let reason), .healRefused(let reason),
            .engineLost(let reason):
            [("reason", reason)]
        case .probeAtFault(let reason):
            [("probe", "docker"), ("reason", reason)]
        case .ownProbeAtFault(let reason):
            [("probe", "own"), ("reason", reason)]
        case .startPeriodShort(let needs):
            [("needs", needs.seconds)]
        case .imageVerified(let image):
            [("image", image)]
        case .paused(let time, let reason):
            [("for", time.seconds)] + (reason.isEmpty ? [] : [("reason", reason)])
        case .resumed(let end):
            [("by", end.rawValue)]
        case .restartedByEngine, .healAsked:
            []
        }
    }

    fileprivate init?(name: String, _ fields: [String: String]) {
        let reason = fields["reason"] ?? ""
        let after = fields["after"].flatMap(Duration.init(seconds:)) ?? .zero
        switch name {
        case "detected":
            guard let kind = fields["cause"].flatMap(Diagnosis.Kind.init(rawValue:)) else { return nil }
            self = .detected(Diagnosis(kind, fields["evidence"] ?? ""))
        case "held": self = .held(by: (fields["by"] ?? "").split(separator: ",").map(String.init))
        case "action":
            guard let attempt = fields["attempt"].flatMap(Record.count) else { return nil }
            let grace = fields["grace"].flatMap(Duration.init(seconds:)) ?? .zero
            let backoff = fields["backoff"].flatMap(Duration.init(seconds:)) ?? .zero
            let image = fields["image"]
            let kind: Action.Kind? =
                switch fields["action"] {
                case "restart": .restart(grace: grace)
                case "start": .start
                case "recreate": .recreate(grace: grace)
                case "rollback": image.map { .rollBack(image: $0, grace: grace) }
                default: nil
                }
            guard let kind else { return nil }
            self = .acted(kind, attempt: attempt, backoff: backoff)
        case "action_succeeded": self = .actionSucceeded(after: after)
        case "action_failed": self = .actionFailed(reason)
        case "restarted_by_engine": self = .restartedByEngine
        case "recovered": self = .recovered(after: after)
        case "healed":
            let attempts = fields["attempts"].flatMap { Int($0) } ?? 0
            self = .healed(after: after, attempts: attempts, proof: fields["proof"] ?? "")
        case "unproven": self = .unproven(reason)
        case "stand_down": self = .standDown(reason)
        case "left_alone": self = .leftAlone(reason)
        case "probe_at_fault": self = fields["probe"] == "own" ? .ownProbeAtFault(reason) : .probeAtFault(reason)
        case "stale_health": self = .staleHealth(reason)
        case "start_period_too_short":
            guard let needs = fields["needs"].flatMap(Duration.init(seconds:)) else { return nil }
            self = .startPeriodShort(needs: needs)
        case "image_verified":
            guard let image = fields["image"], !image.isEmpty else { return nil }
            self = .imageVerified(image)
        case "person_needed": self = .personNeeded(reason)
        case "host_trouble": self = .hostTrouble(reason)
        case "paused":
            guard let time = fields["for"].flatMap(Duration.init(seconds:)) else { return nil }
            self = .paused(for: time, reason: reason)
        case "resumed":
            guard let end = fields["by"].flatMap(Record.PauseEnd.init(rawValue:)) else { return nil }
            self = .resumed(by: end)
        case "heal_asked": self = .healAsked
        case "heal_refused": self = .healRefused(reason)
        case "engine_lost": self = .engineLost(reason)
        case "engine_back": self = .engineBack(after: after)
        default: return nil
        }
    }
}
