import Healing
import Testing

@Suite("Root cause first")
struct DependencyTests {
    static let blaming = ProbeResult.Outcome.answeredError(status: 503, sick: ["db"])

    @Test("who was ill itself and complains now waits as long as anybody who begins to complain")
    func complainsAfterItsOwnIllness() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(.answeredError(status: 500, sick: []), for: 6)
        talk.succeeds()
        talk.examine()
        talk.probes(.answeredError(status: 500, sick: []), for: 3)
        #expect(talk.actions.count == 1)
        for _ in 0..<2 {
            talk.probes(Self.blaming, for: 7)
            talk.docker(.healthy, .passed, Conversation.db)
        }
        #expect(talk.actions.count == 1)
        talk.probes(Self.blaming, for: 4)
        #expect(talk.actions.map(\.id) == [Conversation.app, Conversation.app])
    }

    @Test("while db is bad app is not restarted for it; db is healed, app recovers by itself")
    func dependencyFirst() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(Self.blaming, for: 6)
        talk.examine(Conversation.db, isStopped: true)
        talk.look("db")
        talk.probes(Self.blaming, for: 5)
        #expect(
            talk.heard() == [
                "app detected dependency", "app held by db", "db detected frozen", "db restart 60s, attempt 1",
            ])
        talk.probes(Self.blaming, for: 58)
        talk.succeeds(Conversation.db, after: 2)
        talk.probes(Self.blaming, for: 2)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.probes(.passed, for: 3)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.docker(.healthy, .passed)
        #expect(
            talk.heard() == [
                "db action_succeeded", "db recovered", "db healed", "app recovered", "app healed",
            ])
    }

    @Test("app blames db although db is well, and its word is newer: after a while app is restarted")
    func wrongBlame() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(Self.blaming, for: 10)
        #expect(talk.heard() == ["app detected dependency", "app held by db"])
        // db's own word is older than the complaint.
        talk.probes(Self.blaming, for: 10)
        #expect(talk.heard() == [])
        talk.docker(.healthy, .passed, Conversation.db)
        talk.look()
        talk.wait(1)
        #expect(talk.heard() == ["app restart 10s, attempt 1"])
    }

    @Test("app gets the time to find out that db is back")
    func patience() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.succeeds(Conversation.db, after: 0.4)
        talk.probes(Self.blaming, for: 8)
        talk.docker(.healthy, .passed, Conversation.db)
        _ = talk.heard()
        talk.probes(Self.blaming, for: 14)
        #expect(talk.heard() == [])
        talk.probes(Self.blaming, for: 1)
        #expect(talk.heard() == ["app restart 10s, attempt 1"])
    }

    /// db was stopped by a person some time ago.
    func withoutDB() -> Conversation {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(5)
        _ = talk.heard()
        return talk
    }

    @Test("db was stopped by a person: app is held as long as it suffers from that")
    func stoppedDependency() {
        for outcome in [Self.blaming, .answeredError(status: 500, sick: [])] {
            var talk = self.withoutDB()
            talk.probes(outcome, for: 3_600)
            #expect(talk.heard().dropFirst() == ["app held by db"])
        }
    }

    @Test("db was stopped by a person: an app that names itself is healed nevertheless")
    func stoppedDependencySick() {
        var talk = self.withoutDB()
        talk.probes(.answeredError(status: 503, sick: ["app", "db"]), for: 6)
        #expect(talk.heard() == ["app detected answers_error", "app restart 10s, attempt 1"])
    }

    @Test("db was stopped by a person: a frozen app is healed nevertheless")
    func stoppedDependencyFrozen() {
        var talk = self.withoutDB()
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 3)
        #expect(talk.heard() == ["app detected frozen", "app restart 1s, attempt 1"])
    }

    @Test("a one-shot dependency that did its work is no obstacle")
    func completed() {
        var talk = Conversation(["app": ["migrate"], "migrate": []])
        talk.runs("migrate") {
            $0.restartPolicy = .no
            $0.health = nil
        }
        talk.runs("app")
        talk.probe(.passed)
        talk.exits(ServiceID("migrate"), code: 0)
        talk.wait(30)
        _ = talk.heard()
        talk.look()
        talk.probes(.answeredError(status: 500, sick: []), for: 6)
        #expect(talk.heard() == ["app detected answers_error", "app restart 10s, attempt 1"])
    }

    @Test("a dependency without a container holds only who blames it", arguments: [true, false])
    func absent(blames: Bool) {
        var talk = Conversation(["app": ["db"], "db": []])
        talk.runs("app")
        talk.look("db")
        talk.probe(.passed)
        talk.probes(blames ? Self.blaming : .answeredError(status: 500, sick: []), for: 600)
        #expect(talk.actions.isEmpty == blames)
    }

    @Test("a dependency that nobody watches holds nobody")
    func unwatched() {
        var talk = Conversation(["app": ["db"]])
        talk.runs("app")
        talk.probe(.passed)
        talk.probes(Self.blaming, for: 6)
        #expect(talk.heard() == ["app detected dependency", "app restart 10s, attempt 1"])
    }

    @Test("a frozen db without a probe is restarted after five seconds, with its whole grace")
    func frozenDB() {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(1)
        talk.examine(Conversation.db, isStopped: true)
        talk.look("db")
        talk.wait(4.9)
        talk.examine(Conversation.db, isStopped: true)
        #expect(talk.heard() == [])
        talk.wait(0.1)
        #expect(talk.heard() == ["db detected frozen", "db restart 60s, attempt 1"])
    }

    @Test("who depends on what depends on db is held as well")
    func chain() {
        var talk = Conversation(["app": ["api"], "api": ["db"], "db": []])
        talk.runs("db")
        talk.runs("api")
        talk.runs("app")
        talk.probe(.passed)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.docker(.unhealthy, .failed, ServiceID("api"))
        talk.probes(.answeredError(status: 503, sick: ["api"]), for: 60)
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }
}

@Suite("Held, but not for ever")
struct HeldTests {
    @Test("a db whose checks began to fail holds, before Docker has made up its mind")
    func streak() {
        var talk = Conversation.healthyAppAndDB()
        talk.silently(Conversation.db) { $0.health?.failingStreak = 1 }
        talk.docker(.healthy, .failed, Conversation.db)
        talk.probes(.answeredError(status: 500, sick: []), for: 30)
        #expect(talk.heard() == ["app detected answers_error", "app held by db"])
        talk.silently(Conversation.db) { $0.health?.failingStreak = 0 }
        talk.docker(.healthy, .passed, Conversation.db)
        talk.look()
        #expect(talk.heard() == ["app restart 10s, attempt 1"])
    }

    @Test("a check of db that failed is no good word of db, though Docker still calls it healthy")
    func failedCheck() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(DependencyTests.blaming, for: 6)
        for _ in 0..<2 {
            talk.docker(.healthy, .failed, Conversation.db)
            talk.probes(DependencyTests.blaming, for: 30)
        }
        #expect(talk.heard() == ["app detected dependency", "app held by db"])
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("a db of which nothing can be known does not keep app from being healed")
    func unknownDependency() {
        for outcome in [ProbeResult.Outcome.timedOut, DependencyTests.blaming] {
            var talk = Conversation.healthyAppAndDB()
            talk.docker(.unhealthy, .couldNotRun, Conversation.db)
            talk.probes(outcome, for: 30)
            #expect(talk.actions.map(\.id) == [Conversation.app])
        }
    }

    @Test("a db that was not looked at yet holds: after a take-over its word may come last")
    func notLookedAt() {
        var talk = Conversation.healthyAppAndDB()
        talk.restoreFromJournal()
        talk.look("app")
        talk.examine()
        talk.probes(.inconclusive("no namespace"), for: 1)
        talk.docker(.unhealthy, .failed)
        #expect(talk.heard() == ["app detected unhealthy", "app held by db"])
        talk.silently(Conversation.db) {
            $0.health?.status = .unhealthy; $0.health?.lastCheck?.verdict = .failed
        }
        talk.look("db")
        talk.examine(Conversation.db)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("a db that was no business of ours, and is unknown now, leaves app time to find out")
    func unknownAfterPause() {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes(Conversation.db) { $0.state = .paused }
        talk.probes(DependencyTests.blaming, for: 600)
        talk.becomes(Conversation.db) {
            $0.state = .running
            $0.health?.status = .unhealthy
        }
        talk.probes(.inconclusive("no namespace"), for: 1)
        talk.docker(.unhealthy, .failed)
        talk.probes(DependencyTests.blaming, for: 32)
        #expect(talk.actions.isEmpty)
        talk.probes(DependencyTests.blaming, for: 4)
        #expect(talk.actions.map(\.id) == [Conversation.app])
    }

    @Test("what may be the fault of a db of which nothing is known waits for a word of it")
    func unhealthyBesideUnknown() {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes(Conversation.db) {
            $0.state = .paused
            $0.health?.status = .unhealthy
        }
        talk.probes(.inconclusive("no namespace"), for: 70)
        talk.becomes(Conversation.db) { $0.state = .running }
        talk.docker(.unhealthy, .failed)
        talk.probes(.inconclusive("no namespace"), for: 30)
        #expect(talk.actions.isEmpty)
        talk.docker(.healthy, .passed, Conversation.db)
        // Docker may look at app once more before its old word counts.
        talk.probes(.inconclusive("no namespace"), for: 36)
        talk.look()
        #expect(talk.actions.map(\.id) == [Conversation.app])
    }

    @Test("an app that was starting while db was paused gets the same time")
    func startingBesideUnknown() {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes(Conversation.db) {
            $0.state = .paused
            $0.health?.status = .unhealthy
        }
        talk.beginsRun()
        talk.look()
        talk.probes(DependencyTests.blaming, for: 28)
        talk.becomes(Conversation.db) { $0.state = .running }
        talk.probes(DependencyTests.blaming, for: 30)
        #expect(talk.actions.isEmpty)
    }

    @Test("a db that was paused has time to be checked before app is restarted in spite of it")
    func slowCheck() {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes(Conversation.db) {
            $0.state = .paused
            $0.health?.status = .unhealthy
        }
        talk.probes(DependencyTests.blaming, for: 60)
        talk.becomes(Conversation.db) { $0.state = .running }
        for streak in 1...3 {
            talk.probes(DependencyTests.blaming, for: 30)
            talk.silently(Conversation.db) { $0.health?.failingStreak = streak }
            talk.docker(.unhealthy, .failed, Conversation.db)
        }
        talk.probes(DependencyTests.blaming, for: 30)
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("a frozen app waits for nobody, but for the end of an action on db")
    func frozenApp() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 10)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        talk.fails(Conversation.db)
        talk.look()
        talk.wait(1)
        #expect(talk.actions.map(\.id) == [Conversation.db, Conversation.app])
        talk.wait(60)
        #expect(talk.actions.map(\.id) == [Conversation.db, Conversation.app])
    }

    @Test("one action at a time along a chain, whatever lies between")
    func chain() {
        var talk = Conversation(["app": ["api"], "api": ["db"], "db": []])
        talk.runs("db")
        talk.runs("api")
        talk.runs("app")
        talk.probe(.passed)
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 3)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(60)
        #expect(talk.actions.map(\.id) == [Conversation.app])
        talk.say(.actionEnded(Conversation.app, .succeeded))
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.actions.map(\.id) == [Conversation.app, Conversation.db])
    }

    @Test("replicas of one service are healed one after the other")
    func replicas() {
        var talk = Conversation()
        let second = ServiceID("app", replica: 2)
        talk.runs("app")
        talk.runs("app", replica: 2)
        for id in [Conversation.app, second] { talk.probe(.passed, id) }
        for _ in 0..<8 {
            talk.wait(1)
            for id in [Conversation.app, second] { talk.probe(.timedOut, id) }
            talk.look()
        }
        #expect(talk.actions.map(\.id) == [Conversation.app])
        talk.succeeds()
        #expect(talk.actions.map(\.id) == [Conversation.app, second])
    }

    @Test("a db that comes and goes is not told of with each breath")
    func heldOnce() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(DependencyTests.blaming, for: 6)
        for _ in 0..<50 {
            talk.examine(Conversation.db, isStopped: true)
            talk.probes(.answeredError(status: 503, sick: ["db"]), for: 1)
            talk.examine(Conversation.db)
            talk.docker(.healthy, .passed, Conversation.db)
            talk.probes(.answeredError(status: 503, sick: []), for: 1)
        }
        #expect(talk.heard().count { $0 == "app held by db" } <= 1 + talk.actions.count)
    }
}

/// `condition: service_started` and `service_healthy`, at run time.
@Suite("A dependency's condition holds at run time")
struct ConditionTests {
    /// `app` needs `cache` to run only, or to be healthy.
    private func app(needsRunning: Set<String>) -> Conversation {
        let relations = ["app": Relations(needsRunning: needsRunning)]
        var talk = Conversation(["app": ["cache"], "cache": []], relations: relations)
        talk.runs("cache")
        talk.runs("app")
        talk.probe(.passed)
        return talk
    }

    private static let cache = ServiceID("cache")

    /// `cache` is ill and its restart has not helped yet when `app` answers errors.
    private func bothIll(_ talk: inout Conversation, sick: [String] = []) {
        talk.wait(65)
        talk.probe(.passed)
        talk.docker(.unhealthy, .failed, Self.cache)
        talk.succeeds(Self.cache)
        #expect(talk.actions.map(\.id) == [Self.cache])
        talk.becomes(Self.cache) { $0.health?.status = .unhealthy }
        _ = talk.heard()
        for _ in 0..<7 {
            talk.wait(1)
            talk.docker(.unhealthy, .failed, Self.cache)
            if talk.actions.last?.id == Self.cache { talk.fails(Self.cache) }
            talk.probe(.answeredError(status: 500, sick: sick))
            talk.look("app")
        }
    }

    @Test("who needs another one healthy waits until it is")
    func healthy() {
        var talk = self.app(needsRunning: [])
        self.bothIll(&talk)
        #expect(talk.heard().contains("app held by cache"))
        #expect(!talk.actions.map(\.id).contains(Conversation.app))
    }

    @Test("who needs another one to run only does not wait for its health")
    func started() {
        var talk = self.app(needsRunning: ["cache"])
        self.bothIll(&talk)
        #expect(talk.actions.map(\.id).contains(Conversation.app))
    }

    @Test("unless it names the other one as down")
    func named() {
        var talk = self.app(needsRunning: ["cache"])
        self.bothIll(&talk, sick: ["cache"])
        #expect(talk.heard().contains("app held by cache"))
        #expect(!talk.actions.map(\.id).contains(Conversation.app))
    }

    @Test("who needs another one to run waits for one that does not", arguments: [true, false])
    func notRunning(isFrozen: Bool) {
        var talk = self.app(needsRunning: ["cache"])
        if isFrozen {
            talk.examine(Self.cache, isStopped: true)
        } else {
            talk.died(Self.cache, code: 1)
            talk.exits(Self.cache, .restarting)
        }
        talk.probes(.answeredError(status: 500, sick: []), for: 6)
        #expect(!talk.actions.map(\.id).contains(Conversation.app))
        #expect(talk.heard().contains("app held by cache"))
    }
}
