import Compose
import Docker
import EventLoop
import Healing
import Support

/// What the engine tells by itself.
extension Watchdog {
    /// Follows the engine's events for as long as it lives, and asks it every 15 s whether it does, every 5 s while
    /// something is bad: a frozen engine keeps its stream open and is silent.
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
                    self.engineAsked = self.timeline.now
                    // The pulse ends it sooner.
                    await self.engineRest.begin(for: .seconds(20))
                    try Task.checkCancellation()
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
        let signal = event.attributes["signal"] ?? ""
        if event.action == "kill", self.isStop(signal, for: id) {
            self.ownStops[id]?.heard(event, number: Signals.number(signal), at: self.timeline.now)
        }
        let happened: ContainerEvent? =
            switch event.action {
            case "kill":
                .killed(container: event.id, stops: self.isStop(signal, for: id))
            case "die":
                .died(container: event.id, exitCode: event.attributes["exitCode"].flatMap { Int($0) } ?? 0)
            case "stop": .stopped(container: event.id)
            case "oom": .ranOutOfMemory(container: event.id)
            case "start": .started(container: event.id)
            default: nil
            }
        if let happened {
            self.lookForDeploy()
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
}
