// Root cause first: who waits for whom.

extension HealingState {
    /// Whether an action is going on along the chain: on another replica, on what this service stands on, or on what
    /// stands on it and would be judged unfairly.
    func isChainBusy(_ id: ServiceID) -> Bool {
        self.graph.related(to: [id.service]).contains { service in
            self.replicas(of: service).contains { $0.action != nil }
        }
    }

    /// The dependencies for whose sake nothing is done to the service now.
    mutating func holders(of id: ServiceID, _ diagnosis: Diagnosis, at now: Moment) -> [String] {
        if diagnosis.kind.isOwn { return [] }
        return (self.dependencies[id.service] ?? []).filter { dependency in
            self.dependencies[dependency] != nil && self.isHeld(id, diagnosis, by: dependency, at: now)
        }
    }

    /// The dependency that may have turned bad, and be the cause, since it was looked at; or, where Docker judges both,
    /// since it was checked; or is, and was not asked yet. A moment will tell.
    func unseenDependency(of id: ServiceID, _ diagnosis: Diagnosis, at now: Moment) -> String? {
        let dependencies = self.dependencies[id.service] ?? []
        guard let state = self.services[id], diagnosis.kind.mayBeCausedByDependency, !state.blamesItself(dependencies),
            let sign = state.badSince
        else { return nil }
        return dependencies.first { dependency in
            guard self.dependencies[dependency] != nil else { return false }
            let isDockersWord = diagnosis.kind == .unhealthy && !self.needsRunningOnly(id, dependency, diagnosis)
            let lookAgeMax = self.policy(of: dependency).lookAgeMax
            return self.present(dependency, at: now).contains { replica in
                replica.isOutOfSight(since: max(sign, now - lookAgeMax)) || replica.verdict == .notProbedYet
                    || isDockersWord && replica.isSilent(since: sign)
            }
        }
    }

    private func present(_ dependency: String, at now: Moment) -> [Replica] {
        self.replicas(of: dependency).map { state in
            var alarm = Alarm()
            return Replica(state: state, verdict: self.verdict(of: state, at: now, alarm: &alarm))
        }
    }

    /// Whether the dependency only has to run, in whatever health, as long as it is not named as down.
    private func needsRunningOnly(_ id: ServiceID, _ dependency: String, _ diagnosis: Diagnosis) -> Bool {
        diagnosis.kind != .dependency && self.relations[id.service]?.needsRunning.contains(dependency) == true
    }

    private mutating func isHeld(
        _ id: ServiceID, _ diagnosis: Diagnosis, by dependency: String, at now: Moment
    ) -> Bool {
        guard self.lookedAt.contains(dependency), let state = self.services[id] else { return true }
        let replicas = self.present(dependency, at: now)
        let isRunningEnough =
            self.needsRunningOnly(id, dependency, diagnosis) && replicas.contains(where: \.isRunning)
        let obstacles = isRunningEnough ? [] : replicas.filter(\.isObstacle)
        if !obstacles.isEmpty {
            // Who names itself does not wait for who waits itself: that may last for ever.
            let areWaiting = obstacles.allSatisfy { other in
                other.state.action == nil && other.state.incident?.heldBy.isEmpty == false
            }
            return !(areWaiting && state.blamesItself(self.dependencies[id.service] ?? []))
        }
        let standDowns = replicas.compactMap(\.standDown)
        if standDowns.count == replicas.count {
            // It is not ours to heal, so waiting for it may last for ever: only where it can be the cause.
            if standDowns.allSatisfy({ $0 == .removed || $0 == .completed }) { return diagnosis.kind == .dependency }
            return diagnosis.kind.mayBeCausedByDependency && !state.blamesItself(self.dependencies[id.service] ?? [])
        }
        if isRunningEnough { return false }
        // It blames a dependency that is well, or may suffer from one of which nothing can be known. That one's own word
        // must be newer than the complaint, and the service gets time to find out for itself.
        let isUnknown = replicas.contains(where: \.isUnknown)
        // Docker's bad word is from the time of the dependency's trouble, until its next check.
        let isOldWord =
            diagnosis.kind == .unhealthy
            && (state.incident?.heldBy.contains(dependency) == true
                || replicas.contains { state.isUnchecked(since: $0.state.troubledUntil) })
        guard diagnosis.kind == .dependency || isOldWord || isUnknown && diagnosis.kind.mayBeCausedByDependency else {
            return false
        }
        // What it failed of before it complained is no part of that.
        let complaint = diagnosis.kind == .dependency ? state.blamesOthersSince : nil
        let failing = complaint ?? state.probes.failingSince ?? state.incident?.began ?? now
        if replicas.contains(where: { $0.isSilent(since: failing) }) { return true }
        let ownCheck = state.container?.health.map { $0.interval + $0.timeout } ?? .zero
        let patience = max(
            self.policy(of: id.service).dependencyPatience, replicas.compactMap(\.checkTime).max() ?? .zero,
            isOldWord ? ownCheck : .zero)
        let patienceEnd = max(failing, replicas.compactMap(\.state.troubledUntil).max() ?? failing) + patience
        if now < patienceEnd { self.alarm.set(patienceEnd) }
        return now < patienceEnd
    }

    /// A dependency's replica, as its dependents see it.
    private struct Replica {
        let state: ServiceState
        let verdict: Verdict

        /// Whether it is to be waited for: it is bad or may be, and that will be known or mended in some time.
        var isObstacle: Bool {
            if self.state.action != nil || self.state.observed == nil { return true }
            return switch self.verdict {
            case .bad, .suspect, .starting: true
            case .standDown, .unknown, .well: false
            }
        }

        var standDown: StandDown? { if case .standDown(let reason) = self.verdict { reason } else { nil } }

        var isUnknown: Bool { if case .unknown = self.verdict { true } else { false } }

        /// Whether its process runs, in whatever health.
        var isRunning: Bool {
            self.state.action == nil && !self.state.isOutdated && self.state.container?.state == .running
                && !self.state.condition.isStopped
        }

        /// Whether nobody has looked at it since `time`.
        func isOutOfSight(since time: Moment) -> Bool { self.state.observed.map { $0 < time } ?? true }

        /// Whether Docker's good word of it, where it has one, is older than `time`.
        func isSilent(since time: Moment) -> Bool {
            guard self.verdict == .well, let health = self.state.container?.health else { return false }
            return health.lastCheck.map { $0.began <= time || $0.verdict != .passed } ?? true
        }

        /// Within which time it must have been checked, where nothing is known of it until then.
        var checkTime: Duration? {
            guard self.isUnknown, let health = self.state.container?.health, health.status == .unhealthy,
                health.lastCheck?.verdict != .couldNotRun
            else { return nil }
            return health.interval + health.timeout
        }
    }
}

extension ServiceState {
    /// Whether Docker has not checked it since `time`.
    fileprivate func isUnchecked(since time: Moment?) -> Bool {
        guard let time, let check = self.container?.health?.lastCheck else { return false }
        return check.began <= time
    }
}
