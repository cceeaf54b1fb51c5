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
        let label = "\(ComposeLabels.project)=\(self.watched.project)"
        let events = self.engine.events(since: self.lastEvent ?? EngineEvent.since(.now), labels: [label])
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
        guard let service = event.attributes[ComposeLabels.service], self.watched.dependencies[service] != nil,
            ComposeLabels.isReplica(event.attributes)
        else { return }
        let id = ServiceID(service, replica: event.attributes[ComposeLabels.containerNumber].flatMap { Int($0) } ?? 1)
        let happened: ContainerEvent? =
            switch event.action {
            case "kill":
                .killed(container: event.id, stops: self.isStop(event.attributes["signal"] ?? "", for: id))
            case "die":
                .died(container: event.id, exitCode: event.attributes["exitCode"].flatMap { Int($0) } ?? 0)
            case "stop": .stopped(container: event.id)
            case "start": .started(container: event.id)
            default: nil
            }
        if let happened {
            self.take(.happened(id, happened, at: self.timeline.moment(of: Timestamp(event.time))))
        }
        self.refreshSoon(service)
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
        }
    }

    // MARK: Looking at containers

    func refreshAll() async throws(EngineError) {
        for service in self.watched.dependencies.keys.sorted() { try await self.inspect(service) }
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
        let labels = [
            "\(ComposeLabels.project)=\(self.watched.project)", "\(ComposeLabels.service)=\(service)",
        ]
        let asked = self.timeline.now
        let summaries = try await self.engine.containers(labels: labels, within: .seconds(5))
        var replicas: [Int: ContainerDetails] = [:]
        for (replica, summary) in summaries.replicas() {
            do {
                replicas[replica] = try await self.engine.inspect(summary.id, within: .seconds(5))
            } catch  where error.code == .notFound {
                // Removed since it was listed.
            }
        }
        for id in self.known.keys where id.service == service && replicas[id.replica] == nil { self.known[id] = nil }
        for (replica, details) in replicas { self.known[ServiceID(service, replica: replica)] = details }
        let containers = replicas.mapValues { Container($0, on: self.timeline) }
        self.take(.observed(service: service, containers: containers, asOf: asked))
    }

    // MARK: The pulse

    /// Once a second: is a deploy going on, can the processes run, does the health URL answer.
    func keepPulse() async {
        var wasDeploying = false
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                self.take(.deploying(self.deploying))
                let isDeploying = self.isDeployGoingOn
                // It holds the lock itself, so that the project is left alone until it is done.
                if wasDeploying, !isDeploying { group.addLoopTask { await self.onDeployEnd() } }
                wasDeploying = isDeploying
                for (id, details) in self.known where details.state == .running {
                    self.examine(id, details)
                    guard id.service == self.watched.target, self.isProbeDue(id) else { continue }
                    group.addLoopTask { await self.probe(id, details) }
                }
                if self.isVigilant { for service in self.watched.dependencies.keys { self.refreshSoon(service) } }
                try? await Loop.sleep(for: WatchSettings.pulse)
            }
        }
    }

    /// `docker exec` costs a thousand times what the namespace does: it goes at the sweep's pace while all is well.
    private func isProbeDue(_ id: ServiceID) -> Bool {
        guard !self.probing.contains(id) else { return false }
        guard self.prober.way == .exec, !self.isVigilant, let last = self.lastProbe[id] else { return true }
        return self.timeline.now - last >= self.settings.interval
    }

    func probe(_ id: ServiceID, _ details: ContainerDetails, once: Bool = false) async {
        guard self.probing.insert(id).inserted else { return }
        defer { self.probing.remove(id) }
        var details = details
        while !Task.isCancelled {
            let began = self.timeline.now
            self.lastProbe[id] = began
            let run = Container.Run(container: details.id, started: details.startedAt?.text ?? "")
            let limit = WatchSettings.probeTimeout
            let (outcome, change) = await self.prober.probe(details.id, pid: details.pid, within: limit)
            if Task.isCancelled { return }
            if let change, !once { await self.noteWay(change) }
            // Whether it can run at all tells what its silence means.
            if outcome != .passed { self.examine(id, details) }
            self.lastOutcome[id] = outcome
            self.take(.probed(id, ProbeResult(run: run, began: began, outcome: outcome)))
            // Silence has taken its time already; the next look does not wait for the pulse.
            guard !once, outcome == .timedOut, let next = self.known[id], next.state == .running else { return }
            details = next
        }
    }

    /// Tells what the kernel says of the main process, when it is news.
    private func examine(_ id: ServiceID, _ details: ContainerDetails) {
        guard let process = ProcessState.of(details.pid) else { return }
        let condition = ProcessCondition(isStopped: process.areAllThreadsStopped, isTraced: process.isTraced)
        let run = Container.Run(container: details.id, started: details.startedAt?.text ?? "")
        guard self.conditions[id] != condition || condition != ProcessCondition() else { return }
        self.conditions[id] = condition
        self.take(.examined(id, run: run, condition))
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
    fileprivate var hasProcess: Bool {
        switch self {
        case .running, .paused, .restarting: true
        case .created, .removing, .exited, .dead: false
        }
    }
}
