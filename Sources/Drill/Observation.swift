import Support

/// All that was seen of one fault, as a value: what the watchdog wrote, what the engine did and what clients got. Times
/// count from the injection; what came before it, when all was well, is negative.
struct Observation: Hashable, Sendable {
    /// One request of a client outside.
    struct Request: Hashable, Sendable {
        let began: Duration
        let ended: Duration
        let isGood: Bool
    }

    /// One line of the watchdog's journal.
    struct Line: Hashable, Sendable {
        let at: Duration
        /// What it is about: a role, or the watchdog itself when nil.
        let role: String?
        let event: String
        let fields: [String: String]
    }

    /// The engine started a container.
    struct Start: Hashable, Sendable {
        let at: Duration
        let role: String
    }

    /// What the players at work have lost. Nil where none played.
    struct Loss: Hashable, Sendable {
        let acknowledged: Int
        let lost: Int
        let duplicated: Int
        let faults: [String]
    }

    var requests: [Request] = []
    var lines: [Line] = []
    var starts: [Start] = []
    var loss: Loss?
    /// When what was broken was mended by the drill itself, where a fault has an end of its own.
    var undone: Duration?
    /// When the drill stopped looking.
    var ended = Duration.zero
    /// Whether all was well then: containers running, Docker's health good, requests answered.
    var isWellAtEnd = false
    /// What else was wrong, in words.
    var complaints: [String] = []
}

extension Observation {
    var detections: [Line] { self.lines.filter { $0.event == "detected" || $0.event == "engine_lost" } }

    func actions(of role: String) -> [Line] { self.lines.filter { $0.event == "action" && $0.role == role } }

    /// Whether every incident that was opened has been closed.
    var hasNoOpenIncident: Bool {
        var open: Set<String> = []
        for line in self.lines {
            guard let incident = line.fields["incident"] else { continue }
            switch line.event {
            case "detected": open.insert(incident)
            case "healed", "stand_down": open.remove(incident)
            default: break
            }
        }
        return open.isEmpty
            && self.lines.count { $0.event == "engine_lost" }
                == self.lines.count { $0.event == "engine_back" }
    }

    /// Requests that got no good answer, of those that began after the injection.
    var failures: [Request] { self.requests.filter { !$0.isGood && $0.began >= .zero } }

    /// From the injection to the first good answer behind the last request that failed; zero when none did, nil when
    /// nothing was answered well any more.
    var servingAgain: Duration? {
        guard let last = self.failures.map(\.began).max() else { return .zero }
        return self.requests.filter { $0.isGood && $0.began > last }.map(\.ended).min()
    }

    /// Whether clients have been served without a failure for `time` by now.
    func isServing(for time: Duration, at now: Duration) -> Bool {
        let recent = self.requests.reversed().prefix { $0.began > now - time }
        return !recent.isEmpty && recent.allSatisfy(\.isGood)
    }
}
