/// What came of one fault: an ``Observation`` held against its ``Expectation``. Pure.
public struct Verdict: Hashable, Sendable {
    /// From the injection until the watchdog named it; nil when it did not.
    public let detected: Duration?
    /// What it named, the first of each service: `app frozen`.
    public let named: [String]
    /// Whether that is the truth. True too where nothing had to be named and nothing false was.
    public let isNamedRightly: Bool
    /// What was done, in order: `restart app`, `app by the engine`.
    public let actions: [String]
    /// See ``Observation/servingAgain``.
    public let servingAgain: Duration?
    /// Requests without a good answer, and of how many.
    public let failed: Int
    public let asked: Int
    /// Acknowledged moves that are gone or were made twice; nil where nobody played.
    public let lost: Int?
    /// Restarts and actions that nothing asked for.
    public let wrongfulRestarts: Int
    /// Why this is not as it must be, in words; empty when it is.
    public let complaints: [String]

    public var isGood: Bool { self.complaints.isEmpty }

    init(_ seen: Observation, against wanted: Expectation) {
        let detections = seen.detections
        self.detected = wanted.culprit.flatMap { role in
            detections.first { $0.role == role && $0.at >= .zero }?.at
        }
        var named: [String] = []
        for line in detections {
            let words = "\(line.role ?? "?") \(line.cause)"
            if !named.contains(words) { named.append(words) }
        }
        self.named = named
        // What was named before anything was broken is false, whatever it is.
        let wrong = detections.filter { $0.at < .zero || wanted.causes[$0.role ?? ""]?.contains($0.cause) != true }
        self.isNamedRightly = wrong.isEmpty && (wanted.culprit == nil || self.detected != nil)

        let done =
            seen.lines.filter { $0.event == "action" }.map {
                (at: $0.at, text: "\($0.fields["action"] ?? "?") \($0.role ?? "?")")
            }
            + seen.lines.filter { $0.event == "restarted_by_engine" }.map {
                (at: $0.at, text: "\($0.role ?? "?") by the engine")
            }
        self.actions = done.sorted { $0.at < $1.at }.map(\.text)
        self.servingAgain = seen.servingAgain
        self.failed = seen.failures.count
        self.asked = seen.requests.count { $0.began >= .zero }
        self.lost = seen.loss.map { $0.lost + $0.duplicated }

        var wrongful = 0
        for role in Set(seen.starts.map(\.role)).union(seen.lines.compactMap(\.role)) {
            let actions = max(0, seen.actions(of: role).count - wanted.actions[role, default: 0])
            let starts =
                switch wanted.starts[role, default: 0] {
                case nil: 0
                case let most?: max(0, seen.starts.count { $0.role == role } - most)
                }
            // A needless action that started the container is one thing, not two.
            wrongful += max(actions, starts)
        }
        self.wrongfulRestarts = wrongful

        var complaints = seen.complaints
        if wanted.culprit != nil, self.detected == nil { complaints.append("not detected") }
        if !wrong.isEmpty {
            complaints.append("named wrongly: " + wrong.map { "\($0.role ?? "?") \($0.cause)" }.joined(separator: ", "))
        }
        if !seen.isWellAtEnd || !seen.hasNoOpenIncident || self.servingAgain == nil {
            complaints.append("not healed within \(seen.ended.components.seconds) s")
        }
        if wrongful > 0 { complaints.append("\(wrongful) wrongful restarts") }
        if let loss = seen.loss {
            if loss.lost + loss.duplicated > 0 {
                complaints.append("\(loss.lost) acknowledged moves lost, \(loss.duplicated) made twice")
            } else if let fault = loss.faults.first {
                complaints.append("players: \(fault)")
            } else if loss.acknowledged == 0 {
                complaints.append("players: no move was acknowledged, so nothing is known of losses")
            }
        }
        self.complaints = complaints
    }
}

extension Observation.Line {
    /// What a detection says is the cause.
    var cause: String { self.event == "engine_lost" ? "away" : self.fields["cause"] ?? "?" }
}
