import Healing
import Testing

@Suite("Who is to blame")
struct BlameTests {
    @Test("a probe that restarts do not change, of a service that Docker finds healthy, is blamed after three at most")
    func ownProbe() {
        var talk = Conversation()
        talk.runs("app")
        talk.examine()
        for _ in 0..<120 {
            for _ in 0..<30 {
                let count = talk.actions.count
                talk.probes(.answeredError(status: 404, sick: []), for: 1)
                if talk.actions.count > count {
                    talk.succeeds()
                    talk.examine()
                }
            }
            talk.docker(.healthy, .passed)
        }
        #expect(talk.actions.count <= 3)
        #expect(talk.heard().count { $0 == "app own_probe_at_fault" } == 1)
        // It is watched on.
        talk.probes(.passed, for: 5)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app recovered", "app healed"])
    }

    /// The app answers with an error whatever is done, until eight attempts were made.
    private func fails(with status: Int, afterEachAttempt then: (inout Conversation) -> Void) -> Conversation {
        var talk = Conversation()
        talk.runs("app")
        talk.examine()
        while talk.actions.count < 8, talk.now < Moment(.seconds(900)) {
            let count = talk.actions.count
            talk.probes(.answeredError(status: status, sick: []), for: 1)
            if talk.actions.count > count {
                talk.succeeds()
                then(&talk)
            }
        }
        return talk
    }

    @Test("Docker's good word that stands still blames no probe")
    func staleContradiction() {
        let talk = self.fails(with: 404) { talk in
            // Each run was checked once, right at its beginning.
            talk.docker(.healthy, .passed)
            talk.silently { $0.health?.interval = .seconds(1) }
            talk.examine()
        }
        #expect(talk.actions.count == 8)
    }

    @Test("where Docker agrees with the probe, healing goes on")
    func agreed() {
        var talk = self.fails(with: 500) { talk in
            talk.examine()
            talk.docker(.starting, .failed)
        }
        #expect(talk.actions.count == 8)
        #expect(!talk.heard().contains("app own_probe_at_fault"))
    }

    @Test("a health log that stands still is named once, and the own probe proves alone")
    func staleHealth() {
        var talk = Conversation.healthyApp()
        for _ in 0..<4 {
            talk.probes(.passed, for: 30)
            talk.look()
        }
        #expect(talk.heard() == [])
        #expect(talk.stale == 1)
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        _ = talk.heard()
        talk.silently {
            $0.health?.status = .healthy
            $0.health?.lastCheck = nil
        }
        for _ in 0..<5 {
            talk.probes(.passed, for: 30)
            talk.look()
        }
        #expect(talk.heard() == ["app recovered", "app healed"])
        #expect(talk.stale == 2)
    }

    @Test("a start period that is too short costs one restart; then the one it needs is named, and kept")
    func shortStartPeriod() {
        var talk = Conversation()
        talk.runs("app") {
            $0.started = Moment(.zero)
            $0.health?.startPeriod = .seconds(10)
            $0.health?.status = .starting
        }
        talk.examine()
        talk.probes(.refused, for: 12)
        #expect(talk.actions.count == 1)
        talk.succeeds()
        talk.examine()
        talk.probes(.refused, for: 70)
        #expect(talk.actions.count == 1)
        talk.probes(.passed, for: 2)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 2)
        #expect(talk.heard().contains("app start_period_too_short 90s"))
        // The next start is given that time.
        talk.died()
        talk.beginsRun()
        talk.look()
        talk.examine()
        _ = talk.heard()
        talk.probes(.refused, for: 70)
        talk.probes(.passed, for: 3)
        #expect(talk.actions.count == 1)
    }

    @Test("a start that goes wrong is not given that patience twice")
    func neverStarts() {
        var talk = Conversation()
        talk.runs("app") {
            $0.started = Moment(.zero)
            $0.health = nil
        }
        talk.examine()
        while talk.actions.count < 5, talk.now < Moment(.seconds(600)) {
            let count = talk.actions.count
            talk.probes(.refused, for: 1)
            if talk.actions.count > count {
                talk.succeeds()
                talk.examine()
            }
        }
        #expect(talk.gaps.map { $0.rounded() } == [120, 10, 20, 40], "\(talk.gaps)")
    }

    @Test("who had longer already than it would be given is given no longer start: nobody saw how it began")
    func metWhileBad() {
        var talk = Conversation()
        talk.runs("app") { $0.health = nil }
        for attempt in 1...2 {
            while talk.actions.count < attempt, talk.now < Moment(.seconds(300)) { talk.probes(.refused, for: 1) }
            talk.succeeds()
            talk.examine()
        }
        #expect(talk.gaps.map { $0.rounded() } == [5])
    }

    @Test("who was healthy in the run that failed is given no longer start, however young that run was")
    func healthyAndThenNot() {
        var talk = Conversation(["db": []])
        func fails(_ streak: Int) {
            let now = talk.now
            talk.becomes(Conversation.db) {
                $0.health?.status = streak > 1 ? .unhealthy : .healthy
                $0.health?.failingStreak = streak
                $0.health?.lastCheck = .init(began: now, verdict: streak > 0 ? .failed : .passed)
            }
        }
        talk.runs("db") {
            $0.started = Moment(.zero)
            $0.health?.interval = .seconds(1)
            $0.health?.timeout = .seconds(1)
        }
        fails(0)
        for attempt in 1...2 {
            var streak = 0
            while talk.actions.count < attempt, streak < 30 {
                talk.wait(1)
                streak += 1
                fails(streak)
            }
            talk.wait(0.5)
            talk.succeeds(Conversation.db)
        }
        #expect(talk.gaps.map { $0.rounded() } == [5])
    }

    @Test("a full disk is named once, and nothing that it may have caused is restarted")
    func diskFull() {
        var talk = Conversation.healthyAppAndDB()
        talk.say(.host(HostCondition(diskFree: 1 << 20)))
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.probes(.answeredError(status: 500, sick: []), for: 60)
        #expect(talk.actions.isEmpty)
        #expect(talk.heard().count { $0 == "host_trouble" } == 1)
        // What hangs, hangs for another reason.
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 5)
        #expect(talk.actions.map(\.id) == [Conversation.app])
        talk.succeeds()
        talk.say(.host(HostCondition(diskFree: 1 << 40)))
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(2)
        #expect(talk.actions.map(\.id) == [Conversation.app, Conversation.db])
    }

    @Test("a service whose own disk is full is not restarted for it, and is when there is room")
    func volumeFull() {
        var talk = Conversation.healthyAppAndDB()
        talk.say(.host(HostCondition(diskFree: 1 << 40, volumesFree: ["db": 0])))
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(60)
        #expect(talk.actions.isEmpty)
        #expect(talk.heard().count { $0 == "host_trouble" } == 1)
        talk.say(.host(HostCondition(diskFree: 1 << 40, volumesFree: ["db": 1 << 40])))
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(2)
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }
}
