import Compose
public import Docker
public import Healing
import Support

/// How one service is watched: the defaults, and what its labels say instead.
public struct ServiceSettings: Sendable, Hashable {
    /// Whether it is healed. One that is not is still looked at where another watched service depends on it.
    public var isEnabled = Setting(true)
    /// What is asked from inside its containers; nil where Docker's health and the kernel are all that counts.
    public var healthURL: Setting<ProbeURL>?
    /// Between two looks at its process and its health URL, 1 s to 1 h. What looks bad is looked at each second; where
    /// nobody set it, what is unsettled is too.
    public var interval = Setting(WatchSettings.probeInterval)
    /// How long the health URL may take, 100 ms to 60 s.
    public var timeout = Setting(WatchSettings.probeTimeout)
    /// After how many failed probes in a row it is bad, 1 to 100.
    public var retries = Setting(Policy().failureThreshold)
    /// How long a run may take to its first good answer or check, up to 1 h, where its healthcheck does not give it longer.
    public var startPeriod: Setting<Duration>?
    /// How long it has to stop before it is killed; nil where its container says it.
    public var stopTimeout: Setting<Duration>?
    /// Whether a process that ended is started again, which Docker's restart policy would not do.
    public var bringsBackExits = true
    /// Whether its container may be made anew, which only Compose can do.
    public var mayRecreate = true

    public init() {}

    /// What that comes to for the healing core.
    public var policy: Policy {
        var policy = Policy()
        policy.isHandsOff = !self.isEnabled.value
        policy.bringsBackExits = self.bringsBackExits
        policy.mayRecreate = self.mayRecreate
        policy.failureThreshold = self.retries.value
        policy.hardFailureThreshold = min(policy.hardFailureThreshold, self.retries.value)
        policy.startGraceDeclared = self.startPeriod?.value ?? .zero
        return policy
    }

    /// Between two looks at one of its containers that looks well.
    ///
    /// - Parameter isUnsettled: whether that has started, or was bad, within ``WatchSettings/settlingTime``. Who has set
    ///   an interval gets that.
    func interval(isUnsettled: Bool) -> Duration {
        isUnsettled && self.interval.source == .standard ? WatchSettings.pulse : self.interval.value
    }

    /// Reads `labels` over what is there already.
    ///
    /// - Returns: what is wrong with them, each naming the label and the rule that it breaks; a label that is malformed
    ///   changes nothing.
    public mutating func read(_ labels: [String: String]) -> Complaints {
        var reader = LabelReader(labels: labels)
        if let enabled = reader.truth(SelfhealLabels.enable) { self.isEnabled = enabled }
        if let url = reader.url(SelfhealLabels.healthURL) { self.healthURL = url }
        let hour = Duration.seconds(3_600)
        if let interval = reader.duration(SelfhealLabels.interval, in: .seconds(1)...hour) { self.interval = interval }
        if let timeout = reader.duration(SelfhealLabels.timeout, in: .milliseconds(100)...(.seconds(60))) {
            self.timeout = timeout
        }
        if let retries = reader.number(SelfhealLabels.retries, in: 1...100) { self.retries = retries }
        if let period = reader.duration(SelfhealLabels.startPeriod, in: .zero...hour) { self.startPeriod = period }
        var complaints = reader.complaints
        if self.healthURL == nil {
            let idle = [SelfhealLabels.timeout, SelfhealLabels.retries]
            complaints.warnings += idle.filter { labels[$0] != nil }.map {
                "label \($0) changes nothing without \(SelfhealLabels.healthURL)"
            }
        }
        complaints.warnings += SelfhealLabels.unknown(in: labels.keys).map { name, meant in
            "label \(name) means nothing" + (meant.map { "; did you mean \($0)?" } ?? "")
        }
        return complaints
    }

    /// Reads `autoheal.stop.timeout`, as the tool that people come from has it: whole seconds.
    ///
    /// - Returns: what is wrong with it.
    mutating func readStopTimeout(_ labels: [String: String]) -> [String] {
        var reader = LabelReader(labels: labels)
        let name = "autoheal.stop.timeout"
        if let seconds = reader.number(name, in: 0...86_400) {
            self.stopTimeout = Setting(.seconds(seconds.value), .label(name))
        }
        return reader.complaints.faults
    }

    /// What is wrong with a service's labels.
    public struct Complaints: Sendable, Hashable {
        /// What must be corrected.
        public var faults: [String] = []
        /// What may be meant otherwise.
        public var warnings: [String] = []
    }
}

/// Reads settings from labels and collects everything that is wrong with them.
private struct LabelReader {
    let labels: [String: String]
    var complaints = ServiceSettings.Complaints()

    private mutating func read<Value>(
        _ name: String, _ rule: String, _ parse: (String) -> Value?
    ) -> Setting<Value>? {
        guard let text = self.labels[name] else { return nil }
        if let value = parse(text) { return Setting(value, .label(name)) }
        // The file is read without the values of the environment, which are secrets as often as not.
        let hint = text.contains("$") ? "; variables are not filled in here, write the value out" : ""
        self.complaints.faults.append("label \(name) \(rule)\(hint)")
        return nil
    }

    mutating func truth(_ name: String) -> Setting<Bool>? {
        self.read(name, "is neither true nor false", Bool.init(setting:))
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) -> Setting<Int>? {
        self.read(name, "is not a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// `10s`, `1m30s`, or a bare number of seconds.
    mutating func duration(_ name: String, in range: ClosedRange<Duration>) -> Setting<Duration>? {
        let rule = "is not a time from \(range.lowerBound.seconds) to \(range.upperBound.seconds), such as 10s"
        return self.read(name, rule) { text in
            let value = Duration(compose: text) ?? Int(text).map { .seconds($0) }
            return value.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func url(_ name: String) -> Setting<ProbeURL>? {
        self.read(name, "is no address such as http://localhost:8080/health") { try? ProbeURL($0) }
    }
}
