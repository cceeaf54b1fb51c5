import Compose
import Docker
import EventLoop
import Healing
import Support

/// What a look at the containers shows: after an event, and in each sweep.
extension Watchdog {
    /// Looks at everything every `INTERVAL_SECONDS`, whatever the events say.
    func sweep() async {
        while (try? await Loop.sleep(for: self.settings.interval)) != nil {
            self.keepLock()
            // A failure is found and told by whoever follows the engine.
            try? await self.refreshAll()
        }
    }

    func refreshAll() async throws(EngineError) {
        let asked = self.timeline.now
        let listed = try await self.engine.containers(labels: self.watched.scope.filter, within: .seconds(5))
        let groups = self.grouped(listed)
        self.find(groups.filter { $0.value.contains { $0.state.hasProcess } }.compactMapValues { $0.first?.labels })
        for service in self.services.keys.sorted() {
            // Somebody has looked at it since the list was made.
            if let refreshed = self.refreshed[service], refreshed > asked { continue }
            try await self.inspect(service, among: groups[service] ?? [], asOf: asked)
        }
        self.forgetVanished(present: Set(groups.keys))
    }

    /// Looks at the containers of `service` now. What can't be found out is not reported.
    func refresh(_ service: String) async {
        try? await self.inspect(service)
    }

    /// Looks at the containers of `service` soon: once more after the present look, however often it is asked for.
    func refreshSoon(_ service: String) {
        guard self.refreshing[service] == nil else {
            self.refreshing[service] = true
            return
        }
        self.refreshing[service] = false
        // Ends by itself: every call of the engine has a deadline.
        Task { @Loop in
            repeat {
                self.refreshing[service] = false
                await self.refresh(service)
            } while self.refreshing[service] == true
            self.refreshing[service] = nil
        }
    }

    private func inspect(_ service: String) async throws(EngineError) {
        let asked = self.timeline.now
        self.refreshed[service] = asked
        guard let filter = self.watched.scope.filter(of: service) else {
            return try await self.inspect(named: service, asOf: asked)
        }
        let listed = try await self.engine.containers(labels: filter, within: .seconds(5))
        try await self.inspect(service, among: self.grouped(listed)[service] ?? [], asOf: asked)
    }

    private func inspect(
        _ service: String, among summaries: [ContainerSummary], asOf asked: Moment
    ) async throws(EngineError) {
        var replicas: [Int: ContainerDetails] = [:]
        let isComposes = self.watched.scope.filter(of: service) != nil
        let present = isComposes ? summaries.replicas() : summaries.first.map { [1: $0] } ?? [:]
        for (replica, summary) in present {
            do {
                replicas[replica] = try await self.engine.inspect(summary.id, within: .seconds(5))
            } catch  where error.code == .notFound {
                // Removed since it was listed.
            }
        }
        await self.lookAtHost(before: replicas, of: service)
        self.observe(service, replicas, asOf: asked)
    }

    /// Looks at a container that Compose did not make, by its name.
    private func inspect(named name: String, asOf asked: Moment) async throws(EngineError) {
        var replicas: [Int: ContainerDetails] = [:]
        do {
            let details = try await self.engine.inspect(name, within: .seconds(5))
            // Another one may have taken the name.
            let isIt = self.watched.scope.identity(details.labels, name: details.name)?.service == name
            if isIt { replicas[1] = details }
        } catch  where error.code == .notFound {
            // It was removed.
        }
        await self.lookAtHost(before: replicas, of: name)
        self.observe(name, replicas, asOf: asked)
    }

    /// Whether the disk is full is to be known before Docker's word alone makes a container bad, and while all was well
    /// nobody has looked.
    private func lookAtHost(before replicas: [Int: ContainerDetails], of service: String) async {
        let isNews = replicas.contains { replica, details in
            let before = self.known[ServiceID(service, replica: replica)]
            let hasEnded = before?.state.hasProcess == true && !details.state.hasProcess
            return hasEnded || (details.health?.failingStreak ?? 0) > 0
        }
        let vigilant = self.vigilant
        guard isNews, !vigilant.contains(service) else { return }
        let volumes = self.volumes(of: vigilant.union([service]))
        let seen = Promise<HostCondition>()
        // May not end where a volume is on another machine: that is not waited for.
        Task { @Loop in seen.fulfil(await self.host.look(at: volumes)) }
        if let condition = await seen.value(within: .seconds(1)) { self.take(.host(condition)) }
    }

    private func observe(_ service: String, _ replicas: [Int: ContainerDetails], asOf asked: Moment) {
        guard let settings = self.services[service]?.settings else { return }
        let before = self.known.keys.filter { $0.service == service && replicas[$0.replica] == nil }
        for id in before { self.forgetContainer(of: id) }
        for (replica, details) in replicas {
            let id = ServiceID(service, replica: replica)
            if let started = details.startedAt {
                // By a clock that was set back it may be still to come.
                self.settling.note(id, at: min(self.timeline.moment(of: Timestamp(started)), self.timeline.now))
            }
            self.known[id] = details
            // Before it is judged by what Docker says of it.
            let isSuspect = (details.health?.failingStreak ?? 0) > 0
            if isSuspect, details.state == .running { self.examine(id, details, isSuspect: true) }
        }
        let containers = replicas.mapValues {
            Container($0, on: self.timeline, stopTimeout: self.stopTimeout(of: $0, settings))
        }
        self.take(.observed(service: service, containers: containers, asOf: asked))
        let isUnchecked = replicas.values.contains { $0.healthcheck == nil && $0.state.hasProcess }
        guard isUnchecked, settings.healthURL == nil, self.saidUnchecked.insert(service).inserted else { return }
        // Ends by itself: the journal writes or gives up.
        Task { @Loop in
            let reason = "it has no healthcheck; only exits and crash loops show that it is bad"
            await self.note([("event", "no_healthcheck"), ("service", service), ("reason", reason)])
        }
    }

    private func forgetContainer(of id: ServiceID) {
        self.known[id] = nil
        self.probers[id] = nil
        self.nextLook[id] = nil
        self.settling.forget(id)
        self.conditions[id] = nil
        self.lastProbe[id] = nil
        self.lastOutcome[id] = nil
    }

    /// How long the container has to stop where something else than itself says so. The default of a watchdog that goes
    /// by labels is for those that say nothing: none is killed before its own grace is over.
    func stopTimeout(of details: ContainerDetails, _ settings: ServiceSettings) -> Duration? {
        if let own = settings.stopTimeout?.value { return own }
        guard details.stopTimeoutSeconds == nil else { return nil }
        if case .project = self.watched.scope { return nil }
        return self.settings.stopTimeout
    }

    private func grouped(_ summaries: [ContainerSummary]) -> [String: [ContainerSummary]] {
        var groups: [String: [ContainerSummary]] = [:]
        for summary in summaries {
            guard let id = self.watched.scope.identity(summary.labels, name: summary.name) else { continue }
            groups[id.service, default: []].append(summary)
        }
        return groups
    }
}

extension [ContainerSummary] {
    /// The containers that stand for the replicas of a service, by Compose's number. While a container is being
    /// replaced there are two of one number: the one with a process counts, then the younger.
    func replicas() -> [Int: ContainerSummary] {
        var replicas: [Int: ContainerSummary] = [:]
        for container in self where ComposeLabels.isReplica(container.labels) {
            let number = container.labels[ComposeLabels.containerNumber].flatMap { Int($0) } ?? 1
            guard let other = replicas[number] else {
                replicas[number] = container
                continue
            }
            let hasProcess = (container.state.hasProcess, other.state.hasProcess)
            let isBetter = hasProcess.0 == hasProcess.1 ? container.created > other.created : hasProcess.0
            if isBetter { replicas[number] = container }
        }
        return replicas
    }
}

extension ContainerState {
    var hasProcess: Bool {
        switch self {
        case .running, .paused, .restarting: true
        case .created, .removing, .exited, .dead: false
        }
    }
}
