// The policy by names, for records and for what a person writes.

extension Policy {
    private typealias Time = WritableKeyPath<Policy, Duration> & Sendable
    private typealias Count = WritableKeyPath<Policy, Int> & Sendable
    private typealias Switch = WritableKeyPath<Policy, Bool> & Sendable

    private static let times: [(name: String, path: any Time)] = [
        ("failure_time_min", \.failureTimeMin), ("hard_failure_time_min", \.hardFailureTimeMin),
        ("stopped_time_min", \.stoppedTimeMin), ("examination_patience", \.examinationPatience),
        ("look_age_max", \.lookAgeMax),
        ("start_grace_undeclared", \.startGraceUndeclared), ("start_grace_declared", \.startGraceDeclared),
        ("running_time_min", \.runningTimeMin),
        ("backoff_base", \.backoff.base), ("backoff_max", \.backoff.max), ("stable_time_min", \.stableTimeMin),
        ("stable_time_max", \.stableTimeMax), ("crash_loop_time", \.crashLoopTime), ("gone_time_min", \.goneTimeMin),
        ("stop_patience", \.stopPatience), ("engine_policy_patience", \.enginePolicyPatience),
        ("engine_shutdown_time", \.engineShutdownTime), ("engine_shutdown_spread", \.engineShutdownSpread),
        ("action_time_max", \.actionTimeMax), ("orphaned_action_time", \.orphanedActionTime),
        ("dependency_patience", \.dependencyPatience), ("verify_margin", \.verifyMargin),
        ("stopped_grace", \.stoppedGrace), ("busy_patience", \.busyPatience), ("starved_time", \.starvedTime),
        ("flapping_time", \.flappingTime), ("slow_start_patience", \.slowStartPatience),
        ("systemic_time", \.systemicTime), ("systemic_patience", \.systemicPatience),
    ]

    private static let counts: [(name: String, path: any Count)] = [
        ("failure_threshold", \.failureThreshold), ("hard_failure_threshold", \.hardFailureThreshold),
        ("crash_loop_exits", \.crashLoopExits), ("flapping_relapses", \.flappingRelapses),
        ("useless_attempts_max", \.uselessAttemptsMax), ("systemic_count", \.systemicCount),
        ("systemic_width", \.systemicWidth), ("recreate_attempt", \.recreateAttempt),
    ]

    private static let switches: [(name: String, path: any Switch)] = [
        ("is_hands_off", \.isHandsOff), ("brings_back_exits", \.bringsBackExits), ("may_recreate", \.mayRecreate),
    ]

    /// All of the policy by its names: `failure_threshold` is `3`, `backoff_base` is `5s`, `may_recreate` is `true`.
    public var settings: [String: String] {
        let times = Policy.times.map { ($0.name, self[keyPath: $0.path].seconds) }
        let counts = Policy.counts.map { ($0.name, String(self[keyPath: $0.path])) }
        let switches = Policy.switches.map { ($0.name, String(self[keyPath: $0.path])) }
        return Dictionary(times + counts + switches) { first, _ in first }
    }

    /// Sets one of them as ``settings`` writes it.
    ///
    /// - Returns: nil when done; what is wrong, for a person.
    public mutating func set(_ name: String, to value: String) -> String? {
        if let (_, path) = Policy.times.first(where: { $0.name == name }) {
            guard let time = Duration(seconds: value.last == "s" ? value : "\(value)s"), time >= .zero,
                time <= .seconds(86_400)
            else { return "\(name) wants seconds from 0 to 86400, such as 2.5s" }
            self[keyPath: path] = time
            return nil
        }
        if let (_, path) = Policy.counts.first(where: { $0.name == name }) {
            guard let count = Int(value), (1...1_000).contains(count) else {
                return "\(name) wants a whole number from 1 to 1000"
            }
            self[keyPath: path] = count
            return nil
        }
        if let (_, path) = Policy.switches.first(where: { $0.name == name }) {
            guard let isOn = Bool(value) else { return "\(name) wants true or false" }
            self[keyPath: path] = isOn
            return nil
        }
        let names = self.settings.keys.sorted().joined(separator: ", ")
        return "the policy has no \(name) (it has: \(names))"
    }
}
