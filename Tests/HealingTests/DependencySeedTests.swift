import Healing
import Testing

@Suite("Found by the simulation, of services and what they depend on")
struct DependencySeedTests {
    /// `api` stands on `db`, and Docker alone judges both, each 5 s.
    private func unprobed(_ adjust: (inout Container) -> Void = { _ in }) -> Conversation {
        var talk = Conversation(["api": ["db"], "db": []])
        for service in ["db", "api"] {
            talk.runs(service) {
                $0.health?.interval = .seconds(5)
                $0.health?.timeout = .seconds(2)
                $0.health?.failingStreak = 0
                adjust(&$0)
            }
        }
        talk.wait(30)
        return talk
    }

    private static let api = ServiceID("api")

    private func failsThrice(_ talk: inout Conversation) {
        let now = talk.now
        talk.becomes(Self.api) {
            $0.health?.status = .unhealthy
            $0.health?.failingStreak = 3
            $0.health?.lastCheck = .init(began: now, verdict: .failed, mark: "bad")
        }
    }

    @Test("who is found unhealthy waits until its dependency is looked at too")
    func dependencyNotLookedAt() {
        var talk = self.unprobed()
        self.failsThrice(&talk)
        talk.wait(3)
        talk.look("api")
        #expect(talk.heard() == ["api detected unhealthy"])
        talk.docker(.healthy, .passed, Conversation.db)
        #expect(talk.heard() == ["api restart 10s, attempt 1"])
    }

    @Test("a dependency that was last checked before its dependent began to fail may be the cause")
    func dependencyNotChecked() {
        var talk = self.unprobed()
        // Its row of failed checks began 10 s ago, and the database's good one is older.
        let checked = talk.now - .seconds(12)
        talk.silently(Conversation.db) { $0.health?.lastCheck?.began = checked }
        self.failsThrice(&talk)
        talk.look("db")
        #expect(talk.heard() == ["api detected unhealthy"])
        talk.silently(Conversation.db) { $0.health?.failingStreak = 3 }
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.examine(Conversation.db)
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("a restart that is owed waits for the end of the start's grace, also where the probe can not run meanwhile")
    func owedWithinTheGrace() {
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        talk.runs("db")
        talk.runs("app")
        talk.probe(.passed)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.beginsRun()
        talk.look()
        talk.wait(0.1)
        talk.succeeds(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.docker(.unhealthy, .failed)
        talk.probes(.answeredError(status: 500, sick: []), for: 3)
        talk.probes(.inconclusive("no namespace"), for: 25)
        talk.docker(.healthy, .passed, Conversation.db)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        talk.probes(.inconclusive("no namespace"), for: 5)
        #expect(talk.actions.map(\.id) == [Conversation.db, Conversation.app])
    }

    @Test("patience with a dependency does not run out while the machine stands still")
    func standstill() {
        var talk = self.unprobed()
        talk.becomes(Conversation.db) { $0.state = .paused }
        talk.wait(10)
        talk.becomes(Conversation.db) {
            $0.state = .running
            $0.health?.status = .unhealthy
        }
        talk.wait(25)
        self.failsThrice(&talk)
        #expect(talk.heard().last == "api held by db")
        #expect(talk.actions.isEmpty)
    }

    @Test("a check that is new to us is no older than our last look, whatever the clock says")
    func checkByAnotherClock() {
        var talk = self.unprobed { $0.health?.lastCheck?.mark = "good" }
        for second in 1...20 {
            talk.wait(1)
            let began = talk.now - .seconds(second < 18 ? 1 : 600)
            talk.becomes(Conversation.db) {
                $0.health?.failingStreak = second / 5
                if second % 5 == 0 { $0.health?.lastCheck = .init(began: began, verdict: .timedOut, mark: "\(second)") }
                if second >= 15 { $0.health?.status = .unhealthy }
            }
            let activity = Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second))
            talk.examine(Conversation.db, activity: activity)
        }
        #expect(talk.heard() == [])
    }

    @Test("a watchdog that takes over gives who was held the same time after the end of the trouble")
    func heldWhenTakenOver() {
        var talk = self.unprobed()
        talk.examine(Conversation.db, isStopped: true)
        for _ in 0..<6 {
            talk.wait(1)
            talk.look("db")
        }
        self.failsThrice(&talk)
        #expect(talk.heard().suffix(2) == ["api detected unhealthy", "api held by db"])
        talk.wait(60)
        talk.restoreFromJournal()
        talk.beginsRun(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.look("api")
        talk.examine(Self.api)
        talk.wait(5)
        talk.look("db")
        talk.look("api")
        #expect(!talk.actions.map(\.id).contains(Self.api))
    }

    /// `api` is found unhealthy at the moment at which its dependency is seen well again.
    private func fallsIllWith(_ talk: inout Conversation) {
        talk.examine(Conversation.db, isStopped: true)
        talk.wait(2)
        let now = talk.now
        talk.silently(Self.api) {
            $0.health?.status = .unhealthy
            $0.health?.failingStreak = 3
            $0.health?.lastCheck = .init(began: now, verdict: .failed, mark: "bad")
        }
        talk.wait(0.5)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.examine(Conversation.db)
        talk.look("api")
        talk.wait(4)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.look("api")
        #expect(talk.heard() == ["api detected unhealthy", "api held by db"])
    }

    @Test("Docker's bad word from the time of a dependency's trouble waits for its next one")
    func wordFromThen() {
        var talk = self.unprobed()
        self.fallsIllWith(&talk)
        talk.silently(Self.api) { $0.health?.failingStreak = 0 }
        talk.docker(.healthy, .passed, Self.api)
        talk.wait(120)
        #expect(talk.actions.isEmpty)
    }

    @Test("the next one being bad too, it has not come back by itself, and is restarted")
    func wordFromNow() {
        var talk = self.unprobed()
        self.fallsIllWith(&talk)
        talk.docker(.unhealthy, .failed, Self.api)
        talk.wait(15)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.docker(.unhealthy, .failed, Self.api)
        #expect(talk.actions.map(\.id) == [Self.api])
    }

    /// The database was restarted, and the app is restarted with it.
    private func restartedTogether() -> Conversation {
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        talk.runs("db")
        talk.runs("app")
        talk.probe(.passed)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.succeeds(Conversation.db, after: 1)
        talk.docker(.healthy, .passed, Conversation.db)
        while talk.actions.count < 2 { talk.probes(.passed, for: 1) }
        #expect(talk.heard().last == "app restart 10s, attempt 1")
        return talk
    }

    /// A new run began, and was looked at after the clock was set forward.
    private func beginsBeforeAClockSetForward(_ talk: inout Conversation) {
        talk.wait(0.2)
        talk.beginsRun()
        let told = talk.now - .seconds(1_300)
        talk.silently { $0.started = told }
        talk.say(.actionEnded(Conversation.app, .succeeded))
        talk.look()
        talk.examine()
        talk.probes(.passed, for: 60)
    }

    @Test("who was restarted with a dependency is not so once more because a clock was set forward right after that")
    func restartedAndAClockSetForward() {
        var talk = self.restartedTogether()
        self.beginsBeforeAClockSetForward(&talk)
        #expect(talk.actions.count == 2)
    }

    @Test("nor who could not be started then, and was started after that")
    func startedAndAClockSetForward() {
        var talk = self.restartedTogether()
        talk.silently {
            $0.state = .exited
            $0.startError = "no space left"
        }
        talk.fails()
        talk.wait(6)
        talk.look()
        #expect(talk.actions.last?.kind == .start)
        self.beginsBeforeAClockSetForward(&talk)
        #expect(talk.actions.count == 3)
    }

    @Test("who takes over asks the dependency before anything is done to who waits for it")
    func dependencyIsNotAskedYet() {
        let side = ServiceID("side")
        var talk = Conversation(["side": ["app"], "app": ["db"], "db": []])
        for service in ["db", "app", "side"] { talk.runs(service) }
        talk.probe(.passed)
        talk.isStopped(Conversation.db, code: 143)
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 3)
        talk.docker(.unhealthy, .failed, side)
        #expect(talk.heard().suffix(2) == ["side detected unhealthy", "side held by app"])
        talk.restoreFromJournal()
        talk.wait(60)
        for service in ["db", "app", "side"] { talk.look(service) }
        talk.examine(side)
        #expect(talk.actions.isEmpty)
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 60)
        #expect(talk.actions.isEmpty)
    }
}
