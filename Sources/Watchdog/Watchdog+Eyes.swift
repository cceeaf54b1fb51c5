import Compose
import Docker
import EventLoop
import Healing
import Support

/// How facts come in: the event stream, the pulse, and the sweep.
extension Watchdog {
    /// Follows the engine's events for as long as it lives, and asks it every few seconds whether it does: a frozen
    /// engine keeps its stream open and is silent.
    func followEngine() async {
        while !Task.isCancelled {
            do {
                try await self.engine.ping(within: .seconds(2))
                try await self.followEvents()
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                if let reason = await self.lossOfEngine(by: error) { self.take(.engineLost(reason)) }
            }
            try? await Loop.sleep(for: .seconds(1))
        }
    }

    /// The stream of events ended by itself.
    private struct StreamEnd: Error {
        let reason: String
    }

    /// Why the engine is to be taken for lost; nil when it is there. A stream alone may be ended by a proxy that restarts
    /// or by more events than wait: what happened meanwhile is read again with the next one.
    private func lossOfEngine(by error: any Error) async -> String? {
        guard let end = error as? StreamEnd else { return "\(error)" }
        do {
            try await self.engine.ping(within: .seconds(2))
            return nil
        } catch { return end.reason }
    }

    private func followEvents() async throws {
        let since = self.lastEvent ?? EngineEvent.since(.now)
        let events = self.engine.events(since: since, labels: self.watched.scope.filter)
        try await withThrowingTaskGroup { group in
            group.addLoopTask {
                do {
                    for try await event in events { self.take(event) }
                } catch let error as EngineError { throw StreamEnd(reason: error.message) }
                throw StreamEnd(reason: "the event stream ended")
            }
            group.addLoopTask {
                // The stream is open: nothing can happen between this list and the first event that is not seen.
                try await self.refreshAll()
                self.take(.engineBack)
                while true {
                    try await Loop.sleep(for: .seconds(5))
                    try await self.engine.ping(within: .seconds(2))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func take(_ event: EngineEvent) {
        self.lastEvent = event.time.text
        guard let id = self.watched.scope.identity(event.attributes, name: event.attributes["name"] ?? "") else {
            return
        }
        if self.services[id.service] == nil {
            guard event.action == "start" else { return }
            self.find([id.service: event.attributes])
        }
        guard self.services[id.service] != nil else { return }
        let happened: ContainerEvent? =
            switch event.action {
            case "kill":
                .killed(container: event.id, stops: self.isStop(event.attributes["signal"] ?? "", for: id))
            case "die":
                .died(container: event.id, exitCode: event.attributes["exitCode"].flatMap { Int($0) } ?? 0)
            case "stop": .stopped(container: event.id)
            case "oom": .ranOutOfMemory(container: event.id)
            case "start": .started(container: event.id)
            default: nil
            }
        if let happened {
            self.take(.happened(id, happened, at: self.timeline.moment(of: Timestamp(event.time))))
        }
        self.refreshSoon(id.service)
    }

    /// Whether a signal asks the process to end: the usual ones, and whatever the image names as its stop signal. A
    /// signal that reloads or reopens a log is no stop.
    private func isStop(_ signal: String, for id: ServiceID) -> Bool {
        let number = Signals.number(signal)
        let usual = ["INT", "QUIT", "KILL", "TERM"].map(Signals.number)
        return usual.contains(number) || number == self.known[id].map { Signals.number($0.stopSignal) }
    }

    /// Looks at everything every `INTERVAL_SECONDS`, whatever the events say.
    func sweep() async {
        while (try? await Loop.sleep(for: self.settings.interval)) != nil {
            // A failure is found and told by whoever follows the engine.
            try? await self.refreshAll()
            self.releaseReadOnlyMemory()
        }
    }

    // MARK: Looking at containers

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
        self.observe(name, replicas, asOf: asked)
    }

    private func observe(_ service: String, _ replicas: [Int: ContainerDetails], asOf asked: Moment) {
        guard let settings = self.services[service]?.settings else { return }
        let before = self.known.keys.filter { $0.service == service && replicas[$0.replica] == nil }
        for id in before { self.forgetContainer(of: id) }
        for (replica, details) in replicas {
            let id = ServiceID(service, replica: replica)
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

    // MARK: The pulse

    /// Once a second: is a deploy going on, can the processes run, do the health URLs answer whose turn it is.
    func keepPulse() async {
        var wasDeploying = false
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let isDeploying = self.isDeployGoingOn
                self.tellDeploying(isDeploying ? self.deploying : [])
                // It holds the lock itself, so that the project is left alone until it is done.
                if wasDeploying, !isDeploying { group.addLoopTask { await self.onDeployEnd() } }
                wasDeploying = isDeploying
                let vigilant = self.vigilant
                for id in self.due(vigilant) {
                    guard let details = self.known[id] else { continue }
                    let prober = self.prober(for: id)
                    var isSuspect = vigilant.contains(id.service)
                    // Who is asked and answers at once can run.
                    let isAsked = prober.map { self.isProbeDue(id, $0, isSuspect: isSuspect) } ?? false
                    if isSuspect || !isAsked || self.conditions[id] == nil {
                        self.examine(id, details, isSuspect: isSuspect)
                    }
                    isSuspect = isSuspect || self.conditions[id]?.isStopped == true
                    guard let prober, self.isProbeDue(id, prober, isSuspect: isSuspect) else { continue }
                    group.addLoopTask { await self.probe(id, details, prober) }
                }
                for service in self.longestUnseen(of: vigilant) { self.refreshSoon(service) }
                if !vigilant.isEmpty {
                    let volumes = self.volumes(of: vigilant)
                    group.addLoopTask { self.take(.host(await self.host.look(at: volumes))) }
                }
                try? await Loop.sleep(for: WatchSettings.pulse)
            }
        }
    }

    /// Where services keep their data on this machine.
    private func volumes(of services: Set<String>) -> [String: [String]] {
        var folders: [String: [String]] = [:]
        for (id, details) in self.known where services.contains(id.service) {
            folders[id.service, default: []] += details.mounts.filter(\.isWritable).map(\.source).filter { !$0.isEmpty }
        }
        return folders.filter { !$0.value.isEmpty }
    }

    /// How many processes and health URLs are looked at in one pulse, and how many containers. With more services than
    /// that each waits for its turn, and what a second costs stays the same.
    private static let looksPerPulse = 100
    private static let refreshesPerPulse = 30

    /// Who has not answered by then is asked for in the kernel too.
    private static let answerUsual = Duration.milliseconds(50)

    /// Whose turn it is to be looked at.
    private func due(_ vigilant: Set<String>) -> [ServiceID] {
        let now = self.timeline.now
        var due: [(id: ServiceID, since: Moment)] = []
        for (id, details) in self.known where details.state == .running {
            let interval = self.services[id.service]?.settings.lookInterval ?? WatchSettings.pulse
            let next = self.nextLook[id] ?? self.firstLook(id, interval, at: now)
            if next <= now || vigilant.contains(id.service) { due.append((id, min(next, now))) }
        }
        if due.count > Self.looksPerPulse {
            due.sort { $0.since < $1.since }
            due.removeLast(due.count - Self.looksPerPulse)
        }
        for (id, _) in due {
            let interval = self.services[id.service]?.settings.lookInterval ?? WatchSettings.pulse
            // Half a pulse early is on time: the pulse itself drifts.
            self.nextLook[id] = now + interval - WatchSettings.pulse / 2
        }
        return due.map(\.id)
    }

    /// First looks are spread over the interval, so that a thousand services are not asked in the same second: each
    /// comes a golden ratio behind the one before it, which leaves no gap and no crowd for any number of them.
    private func firstLook(_ id: ServiceID, _ interval: Duration, at now: Moment) -> Moment {
        guard interval > WatchSettings.pulse else { return now }
        let place = (Double(self.placesGiven) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
        self.placesGiven += 1
        let first = now + interval * place
        self.nextLook[id] = first
        return first
    }

    private func longestUnseen(of services: Set<String>) -> [String] {
        guard services.count > Self.refreshesPerPulse else { return Array(services) }
        let sorted = services.map { (name: $0, seen: self.refreshed[$0] ?? Moment(.zero)) }.sorted { $0.seen < $1.seen }
        return sorted.prefix(Self.refreshesPerPulse).map(\.name)
    }

    /// `docker exec` costs a thousand times what the namespace does: it goes at the sweep's pace while all is well.
    private func isProbeDue(_ id: ServiceID, _ prober: Prober, isSuspect: Bool) -> Bool {
        guard !self.probing.contains(id) else { return false }
        guard !isSuspect, let last = self.lastProbe[id] else { return true }
        let usual = self.services[id.service]?.settings.interval.value ?? WatchSettings.probeInterval
        let interval = prober.way == .exec ? max(usual, self.settings.interval) : usual - WatchSettings.pulse / 2
        return self.timeline.now - last >= interval
    }

    func probe(_ id: ServiceID, _ details: ContainerDetails, _ prober: Prober, once: Bool = false) async {
        guard self.probing.insert(id).inserted else { return }
        defer { self.probing.remove(id) }
        var details = details
        while !Task.isCancelled {
            let began = self.timeline.now
            self.lastProbe[id] = began
            let run = Container.Run(container: details.id, started: details.startedAt?.text ?? "")
            let look = Loop.after(Self.answerUsual) { [details] in self.examine(id, details, isSuspect: false) }
            let (outcome, change) = await prober.probe(details.id, pid: details.pid, within: self.probeLimit(id))
            look.cancel()
            if Task.isCancelled { return }
            if let change, !once { await self.noteWay(change, of: id) }
            self.lastOutcome[id] = outcome
            // Whether it can run at all tells what its silence means.
            if outcome != .passed { self.examine(id, details, isSuspect: true) }
            self.take(.probed(id, ProbeResult(run: run, began: began, outcome: outcome)))
            // Silence has taken its time already; the next look does not wait for the pulse.
            guard !once, outcome == .timedOut, let next = self.known[id], next.state == .running else { return }
            details = next
        }
    }

    /// Tells what the kernel says of the main process, when it is news; and of what it does, when something is wrong.
    ///
    /// Of a process that is not suspect and can run no more is asked: whether a debugger is attached is of interest once
    /// something is wrong.
    private func examine(_ id: ServiceID, _ details: ContainerDetails, isSuspect: Bool) {
        if !isSuspect, self.conditions[id] == ProcessCondition(), ProcessState.canRun(details.pid) { return }
        guard let process = ProcessState.of(details.pid) else { return }
        let activity = self.isAiling(id, details) ? ProcessActivity.of(details.pid) : nil
        let condition = ProcessCondition(
            isStopped: process.areAllThreadsStopped, isTraced: process.isTraced,
            activity: activity.map { Activity(ran: $0.ran, waited: $0.waited) })
        let run = Container.Run(container: details.id, started: details.startedAt?.text ?? "")
        guard self.conditions[id] != condition || condition != ProcessCondition() else { return }
        self.conditions[id] = condition
        self.take(.examined(id, run: run, condition))
    }

    private func isAiling(_ id: ServiceID, _ details: ContainerDetails) -> Bool {
        if let outcome = self.lastOutcome[id] { return outcome != .passed }
        return (details.health?.failingStreak ?? 0) > 0
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
