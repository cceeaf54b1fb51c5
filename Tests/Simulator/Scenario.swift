import Healing

/// A way to try the healing core: what happens, and what must hold in the end.
public enum Scenario: String, Sendable, CaseIterable {
    /// Everything goes wrong for 20 minutes; then all is mended, and all that is wanted must be well again.
    case storm
    /// One service is broken for good, for half an hour: it must be tried on, and never in bursts.
    case broken
    /// Ten storms of some minutes, with three quiet days between two of them on average.
    case month

    /// Plays it. The same seed gives the same story.
    ///
    /// - Parameter isTold: whether the story is kept, which takes longer.
    public func play(seed: UInt64, isTold: Bool = false) -> Outcome {
        var world = SimulatedWorld(seed: seed, isTold: isTold)
        switch self {
        case .storm:
            world.run(seconds: 1_200)
            world.calmDown()
            world.run(seconds: 600)
            world.checkAllWell()
        case .broken:
            world.breakForGood(seed)
        case .month:
            var days = world.random
            for _ in 0..<10 where world.judge.verdict == nil {
                world.climate = .storm
                world.run(seconds: days.milliseconds(60...420))
                world.calmDown()
                world.run(untilQuietWithin: 900)
                world.checkAllWell()
                world.skip(milliseconds: days.wait(onceIn: 3 * 86_400))
                // Whoever is ill still had been looked at all the time.
                world.run(seconds: 5)
            }
        }
        return Outcome(
            fault: world.judge.verdict, seconds: world.seconds, actions: world.judge.actions, story: world.trace)
    }

    /// What came of it.
    public struct Outcome: Sendable {
        /// What the core did wrong; nil when nothing.
        public let fault: String?
        /// How long it lasted, in simulated time.
        public let seconds: Double
        /// How often the core acted.
        public let actions: Int
        /// What happened, where that was wanted.
        public let story: [String]
    }
}

extension SimulatedWorld {
    fileprivate mutating func breakForGood(_ seed: UInt64) {
        self.climate = .calm
        self.climate.eventTrouble = true
        self.climate.watchdogDies = seed.isMultiple(of: 2)
        let id = seed.isMultiple(of: 3) ? self.ids[0] : ServiceID("app")
        self.run(seconds: 60)
        self.change(id) { service, random in
            service.nature = seed.isMultiple(of: 5) ? .crashes : .neverWell
            service.crashesAt = service.started
        }
        self.run(seconds: 1_740)
        if self.judge.verdict == nil { self.checkTries(id) }
    }

    /// Everything is mended and everybody goes home; what is frozen stays so until somebody restarts it.
    mutating func calmDown() {
        self.climate = .calm
        self.resume(nil)
        for id in self.ids { self.goHome(id) }
    }

    mutating func checkAllWell() {
        guard self.judge.verdict == nil else { return }
        for summary in self.healing.summaries(at: Moment(.milliseconds(self.now))) {
            guard let service = self.services[summary.id] else { continue }
            if service.stoppedByPerson != nil { continue }
            if self.isLeftAlone(summary.id) { continue }
            // What waits for who was stopped by a person may wait on.
            if !self.missing(service).isEmpty { continue }
            // All that is known of it is which run began first, and a clock that was set since may tell that wrongly.
            if self.isCutOff(service), self.isOrderAstray(service) { continue }
            if self.isCutOff(service) {
                self.judge.fails("\(summary.id) is cut off from its network, but \(summary.verdict)")
            } else if !self.isWell(summary.id) {
                self.judge.fails("\(summary.id) is not well, but \(summary.verdict)")
            } else if summary.incident != nil || summary.verdict != .well {
                let incident = String(describing: summary.incident)
                self.judge.fails("\(summary.id) is well, and called \(summary.verdict), incident \(incident)")
            }
        }
    }

    /// Nobody can know whose stop that was.
    func isLeftAlone(_ id: ServiceID) -> Bool {
        let verdict = self.healing.summaries(at: Moment(.milliseconds(self.now))).first { $0.id == id }?.verdict
        let isStopped = verdict == .standDown(.foundStopped) || verdict == .standDown(.stopped)
        return isStopped && self.judge.unknownStops.contains(id)
    }

    /// A minute of backoff, and what it takes to confirm, to restart, and to come back after it was killed itself; once, two
    /// minutes for a start that may be slow.
    mutating func checkTries(_ id: ServiceID) {
        guard let service = self.services[id] else { return }
        let gap = self.judge.longestGap[id] ?? .max
        let confirm = service.isProbed ? 10_000 : service.startPeriod + 4 * 7_000
        let death = 20_000 + service.grace + 10_000
        if self.isLeftAlone(id) { return }
        if gap > 120_000 + confirm + service.grace + death {
            self.judge.fails("\(gap) ms between two attempts on \(id)")
        }
        if self.judge.actions < 12 { self.judge.fails("only \(self.judge.actions) attempts on \(id)") }
    }
}
