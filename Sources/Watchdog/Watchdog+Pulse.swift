import Compose
import Docker
import EventLoop
import Healing
import Support

/// What is looked at every few seconds, and each second while something is bad or unsettled.
extension Watchdog {
    /// Is a deploy going on, can the processes run, do the health URLs answer whose turn it is.
    func keepPulse() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                // It holds the lock itself, so that the project is left alone until it is done.
                if self.hasDeployEnded() { group.addLoopTask { await self.onDeployEnd() } }
                let vigilant = self.vigilant
                for id in self.due(vigilant) {
                    guard let details = self.known[id] else { continue }
                    let prober = self.prober(for: id)
                    var isSuspect = vigilant.contains(id.service)
                    if isSuspect { self.settling.note(id, at: self.timeline.now) }
                    // Who is asked and answers at once can run; that a debugger has gone no answer tells.
                    let isAsked = prober.map { self.isProbeDue(id, $0, isSuspect: isSuspect) } ?? false
                    if isSuspect || !isAsked || self.conditions[id] != ProcessCondition() {
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
                if self.isEngineDue { self.engineRest.end() }
                let wasCalm = self.isPulseCalm
                self.isPulseCalm = self.vigilant.isEmpty
                // What only trouble needs takes up no memory until the next.
                if self.isPulseCalm, !wasCalm { self.releaseReadOnlyMemory() }
                await self.pulseRest.begin(for: self.isPulseCalm ? self.untilNextLook : WatchSettings.pulse)
            }
        }
    }

    /// With the looks, so that it costs no awakening of its own.
    private var isEngineDue: Bool {
        self.timeline.now - self.engineAsked >= .seconds(self.vigilant.isEmpty ? 15 : 5)
    }

    /// The end of a deploy is looked for at the same time.
    private var untilNextLook: Duration {
        var rest = WatchSettings.probeInterval
        for (id, details) in self.known where details.state == .running {
            if let next = self.nextLook[id] { rest = min(rest, next - self.timeline.now) }
        }
        return max(WatchSettings.pulse, rest)
    }

    /// Where services keep their data on this machine.
    func volumes(of services: Set<String>) -> [String: [String]] {
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
            let next = self.nextLook[id] ?? self.firstLook(id, self.interval(of: id), at: now)
            // Half a pulse early is on time: what is due at about the same time costs one awakening.
            let isDue = next <= now + WatchSettings.pulse / 2
            if isDue || vigilant.contains(id.service) { due.append((id, min(next, now))) }
        }
        if due.count > Self.looksPerPulse {
            due.sort { $0.since < $1.since }
            due.removeLast(due.count - Self.looksPerPulse)
        }
        for (id, _) in due { self.nextLook[id] = now + self.interval(of: id) }
        return due.map(\.id)
    }

    private func interval(of id: ServiceID) -> Duration {
        let isUnsettled = self.settling.isUnsettled(id, at: self.timeline.now, among: self.known.count)
        return (self.services[id.service]?.settings ?? ServiceSettings()).interval(isUnsettled: isUnsettled)
    }

    /// First looks are spread over the interval, so that a thousand services are not asked in the same second: each
    /// comes a golden ratio behind the one before it, which leaves no gap and no crowd for any number of them.
    private func firstLook(_ id: ServiceID, _ interval: Duration, at now: Moment) -> Moment {
        guard interval > WatchSettings.probeInterval else { return now }
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
        let interval = prober.way == .exec ? max(self.interval(of: id), self.settings.interval) : .zero
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
    func examine(_ id: ServiceID, _ details: ContainerDetails, isSuspect: Bool) {
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

    /// Says once that, and why, health URLs are not asked the cheap way.
    func noteWay(_ reason: String, of id: ServiceID) async {
        guard !self.saidWay else { return }
        self.saidWay = true
        await self.note([("event", "probe_by_exec"), ("service", id.service), ("reason", reason)])
    }

    /// What asks the health URL of a service; nil where none is asked.
    func prober(for id: ServiceID) -> Prober? {
        guard let settings = self.services[id.service]?.settings, let url = settings.healthURL?.value else {
            return nil
        }
        if let prober = self.probers[id], prober.url == url { return prober }
        let prober = Prober(engine: self.engine, url: url)
        self.probers[id] = prober
        return prober
    }
}
