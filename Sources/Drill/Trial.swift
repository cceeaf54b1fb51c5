import Compose
import Docker
import EventLoop
import Players
import Support

/// One fault injected once: everything is brought about, watched until it is over, and put back.
@Loop
final class Trial {
    /// Enough to have moves under way at any moment, and few enough to leave the machine to what is measured.
    private static nonisolated let players = 4
    /// How long players have to bring their games to an end and to compare them. They give up by themselves before.
    private static nonisolated let auditLimit = Duration.seconds(150)

    private let fault: Fault
    private let project: DrillProject
    private let door: EngineDoor
    private let number: Int
    private let realJournal: String?
    private var injected: SuspendingClock.Instant?
    private var injectedAt = Timestamp.now
    private var starts: [(at: SuspendingClock.Instant, role: String)] = []
    private var undone: Duration?

    /// - Parameters:
    ///   - number: of this trial in the drill; names its files.
    ///   - realJournal: where the watchdog of the real project writes; nil for a copy.
    init(_ fault: Fault, _ project: DrillProject, _ door: EngineDoor, number: Int, realJournal: String?) {
        self.fault = fault
        self.project = project
        self.door = door
        self.number = number
        self.realJournal = realJournal
    }

    /// - Throws: ``DrillError`` when it could not be held; nothing is known of the fault then.
    func run() async throws(DrillError) -> Observation {
        try self.door.set(.open)
        let journalDisk: SmallDisk?
        if self.fault.needs.contains(.journalDisk) {
            journalDisk = try SmallDisk.mount(at: "\(self.project.folder)/journal-disk-\(self.number)", megabytes: 1)
        } else {
            journalDisk = nil
        }
        defer { journalDisk?.unmount() }
        // A new journal for each, with which every incident is the first one: no backoff is left from another fault.
        let own = "\(journalDisk?.path ?? self.project.folder)/health-\(self.number).txt"
        let watchdog = DrillWatchdog(of: self.project, journal: self.realJournal ?? own, socket: self.door.path)
        let scene = Scene(self.project, self.door, watchdog, journalDisk: journalDisk)
        let client = OutsideClient(try self.project.url(self.fault.path))
        // They would leave their accounts with real people's.
        let players: PlayersAtWork?
        do {
            players = self.project.isReal ? nil : try PlayersAtWork(port: self.project.port, count: Self.players)
        } catch { throw DrillError(.notBegun, "\(error)") }
        let events = self.followStarts()
        let asking = Task { @Loop in await client.run() }
        let outcome = Promise<PlayersAtWork.Outcome>()
        if let players { Task { @Loop in outcome.fulfil(await players.run()) } }
        var problem: DrillError?
        do throws(DrillError) {
            try await watchdog.start()
            if let players { try await self.waitForMoves(players) }
            // Anywhere between two pulses of the watchdog.
            await pause(.milliseconds(Int.random(in: 500..<1_500)))
            try await self.inject(scene)
            if self.fault.lasts > .zero {
                await pause(max(.zero, self.fault.lasts - self.sinceInjection))
            }
        } catch { problem = error }
        await scene.undo()
        self.undone = self.fault.lasts > .zero ? self.sinceInjection : nil
        if problem == nil { await self.settle(watchdog, client) }
        let isWell = await self.isWell(client)
        let ended = self.sinceInjection
        players?.stop()
        let loss: Observation.Loss?
        if let players { loss = await self.loss(of: players, outcome) } else { loss = nil }
        client.end()
        await asking.value
        events.cancel()
        await watchdog.stop()
        if let problem { throw problem }
        if Task.isCancelled { throw DrillError(.interrupted, "interrupted") }

        var seen = Observation()
        seen.requests = self.requests(of: client)
        seen.lines = self.lines(of: watchdog)
        seen.starts = self.starts.compactMap { start in
            self.injected.map { .init(at: $0.duration(to: start.at), role: start.role) }
        }
        seen.undone = self.undone
        seen.ended = ended
        seen.isWellAtEnd = isWell
        seen.complaints = scene.complaints
        seen.loss = loss
        return seen
    }

    // MARK: In order

    private func waitForMoves(_ players: PlayersAtWork) async throws(DrillError) {
        let deadline = Loop.now.advanced(by: .seconds(30))
        while players.acknowledged == 0 {
            if let fault = players.faults.first { throw DrillError(.notBegun, "players: \(fault)") }
            guard Loop.now < deadline, !Task.isCancelled else {
                throw DrillError(.notBegun, "players: no move was acknowledged within 30 s")
            }
            await pause(.milliseconds(50))
        }
    }

    private func inject(_ scene: Scene) async throws(DrillError) {
        self.injectedAt = .now
        self.injected = Loop.now
        do { try await self.fault.inject(scene) } catch let error as DrillError { throw error } catch {
            throw DrillError(.notInjected, "\(error)")
        }
    }

    private func loss(
        of players: PlayersAtWork, _ promise: Promise<PlayersAtWork.Outcome>
    ) async -> Observation.Loss {
        let deadline = Loop.now.advanced(by: Self.auditLimit)
        while Loop.now < deadline, !Task.isCancelled {
            guard let played = await promise.value(within: .milliseconds(250)) else { continue }
            return Observation.Loss(
                acknowledged: played.acknowledged, lost: played.lost, duplicated: played.duplicated,
                faults: played.faults)
        }
        return Observation.Loss(
            acknowledged: players.acknowledged, lost: 0, duplicated: 0,
            faults: ["their games did not come to an end, so nothing is known of losses"])
    }

    private var sinceInjection: Duration { self.injected.map { $0.duration(to: Loop.now) } ?? .zero }

    /// Waits until all that must come has come, or until it is too late for that.
    private func settle(_ watchdog: DrillWatchdog, _ client: OutsideClient) async {
        let deadline = Loop.now.advanced(by: self.fault.limit)
        // What must not happen needs its time to happen.
        let calm = Duration.seconds(self.fault.wanted.culprit == nil ? 4 : 2)
        await pause(calm)
        while Loop.now < deadline, !Task.isCancelled {
            var seen = Observation()
            seen.lines = self.lines(of: watchdog)
            let isNamed =
                self.fault.wanted.culprit.map { role in seen.detections.contains { $0.role == role && $0.at >= .zero } }
                ?? true
            if isNamed, seen.hasNoOpenIncident, await self.isWell(client) { return }
            await pause(.milliseconds(250))
        }
    }

    private func isWell(_ client: OutsideClient) async -> Bool {
        var seen = Observation()
        seen.requests = self.requests(of: client)
        guard seen.isServing(for: .seconds(1), at: self.sinceInjection) else { return false }
        return await self.project.isHealthy()
    }

    /// Notes each start of a container, as the engine tells it, past the door.
    private func followStarts() -> Task<Void, Never> {
        let events = self.project.engine.events(
            since: nil, labels: ["\(ComposeLabels.project)=\(self.project.name)"])
        return Task { @Loop in
            do {
                for try await event in events where event.action == "start" {
                    guard ComposeLabels.isReplica(event.attributes) else { continue }
                    let service = event.attributes[ComposeLabels.service] ?? ""
                    self.starts.append((Loop.now, self.role(of: service)))
                }
            } catch {}
        }
    }

    // MARK: As values

    private func role(of service: String) -> String {
        switch service {
        case self.project.app: Expectation.app
        case self.project.database: Expectation.database
        default: service
        }
    }

    private func lines(of watchdog: DrillWatchdog) -> [Observation.Line] {
        watchdog.lines.map { line in
            let at = line.time - self.injectedAt
            let isOfEngine = line.event.hasPrefix("engine_")
            return Observation.Line(
                at: at, role: isOfEngine ? Expectation.engine : line.fields["service"].map { self.role(of: $0) },
                event: line.event, fields: line.fields)
        }
    }

    private func requests(of client: OutsideClient) -> [Observation.Request] {
        guard let injected = self.injected else { return [] }
        return client.requests.map {
            .init(
                began: injected.duration(to: $0.began), ended: injected.duration(to: $0.ended), isGood: $0.isGood)
        }
    }
}
