import Healing
import Testing

/// What the simulated world has shown, each in the fewest words that show it again.
@Suite("Found by the simulation")
struct SeedTests {
    @Test("one refusal after answers that were late is not confirmed at once: somebody may be stopping it")
    func refusedWhileStarved() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6, running: 20, waiting: 900)
        talk.probe(.refused)
        talk.wait(0.5)
        talk.probe(.refused)
        talk.killed(ago: 0.5)
        talk.wait(5)
        #expect(talk.heard() == [])
        #expect(talk.verdict() == .standDown(.stopping))
    }

    @Test("one refusal after two failures of another kind is none of the hard evidence that is acted on sooner")
    func refusedOnce() {
        var talk = Conversation.healthyApp()
        talk.probe(.timedOut)
        talk.wait(2.5)
        talk.probe(.timedOut)
        talk.wait(0.5)
        talk.probe(.refused)
        talk.look()
        #expect(talk.heard() == [])
        talk.wait(2)
        talk.probe(.refused)
        talk.look()
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    @Test("a dependency whose pause ended while the engine was away has been well since it is seen so, and no longer")
    func pauseEndsUnseen() {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes(Conversation.db) { $0.state = .paused }
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 20)
        talk.say(.engineLost("no answer"))
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 25)
        talk.silently(Conversation.db) {
            $0.state = .running
            $0.health?.status = .unhealthy
        }
        talk.look("app")
        talk.look("db")
        _ = talk.heard()
        talk.say(.engineBack)
        talk.probes(.passed, for: 3)
        #expect(talk.actions.isEmpty)
        #expect(talk.heard().filter { $0.hasPrefix("app r") } == ["app recovered"])
    }

    @Test("a person's stop just before an action that failed stays the person's")
    func stopBeforeOurs() {
        var talk = Conversation.healthyApp()
        talk.probes(.answeredError(status: 503, sick: ["app"]), for: 5)
        talk.wait(0.8)
        let asked = talk.now
        talk.wait(0.2)
        talk.probe(.refused)
        talk.look()
        #expect(talk.heard().last == "app restart 10s, attempt 1")
        talk.wait(0.1)
        talk.say(.actionEnded(Conversation.app, .failed("busy")))
        talk.wait(0.2)
        talk.silently {
            $0.state = .exited
            $0.exitCode = 143
        }
        talk.say(.happened(Conversation.app, .killed(container: "app-1", stops: true), at: asked))
        talk.died(code: 143)
        talk.look()
        talk.wait(600)
        talk.look()
        talk.wait(600)
        #expect(talk.actions.count == 1)
        #expect(talk.verdict() == .standDown(.stopped))
    }

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

    @Test("after a pause Docker counts checks that fail in the start period; we do not")
    func pausedWhileStarting() {
        var talk = Conversation(["db": []])
        talk.runs("db") {
            $0.started = Moment(.zero)
            $0.health?.startPeriod = .seconds(40)
            $0.health?.status = .starting
            $0.health?.lastCheck = nil
        }
        talk.wait(5)
        talk.becomes(Conversation.db) { $0.state = .paused }
        talk.wait(2)
        talk.becomes(Conversation.db) {
            $0.state = .running
            $0.health?.status = .unhealthy
        }
        talk.wait(20)
        let now = talk.now
        talk.becomes(Conversation.db) {
            $0.health?.failingStreak = 3
            $0.health?.lastCheck = .init(began: now, verdict: .failed)
        }
        #expect(talk.verdict(Conversation.db) == .starting)
        talk.wait(14)
        talk.look("db")
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("what a journal tells of the time before a clock was set back is not later than what it tells afterwards")
    func journalOfAnotherClock() {
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        let late = Moment(.seconds(3_600))
        talk.wait(3_600)
        var restored = talk.healing
        // The line of the database's restart looks later than the app's run, which began after it.
        restored.restore([
            (Record(Conversation.db, incident: 1, .detected(Diagnosis(.exited, ""))), at: late),
            (Record(Conversation.db, incident: 1, .acted(.start, attempt: 1, backoff: .seconds(5))), at: late),
            (Record(Conversation.db, incident: 1, .actionSucceeded(after: .seconds(1))), at: late),
            (Record(Conversation.db, incident: 1, .recovered(after: .seconds(5))), at: late - .seconds(1_000)),
            (
                Record(Conversation.db, incident: 1, .healed(after: .seconds(5), attempts: 1, proof: "")),
                at: late - .seconds(990)
            ),
        ])
        talk.healing = restored
        talk.runs("db") { $0.started = late - .seconds(1_001) }
        talk.runs("app") { $0.started = late - .seconds(900) }
        talk.probes(.passed, for: 30)
        #expect(talk.actions.isEmpty)
    }

    @Test("a run that seems to begin after it was asked for is none that an action of the watchdog before has begun")
    func orphanAndAClockSetBack() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.wait(0.5)
        let now = talk.now
        talk.silently { $0.started = now }
        let seen = talk.containers[Conversation.app].map { [1: $0] } ?? [:]
        talk.say(.observed(service: "app", containers: seen, asOf: now - .milliseconds(100)))
        talk.wait(1)
        talk.look()
        #expect(talk.heard() == [])
        talk.wait(30)
        #expect(talk.heard().first == "app action_failed")
    }

    @Test("a stop right after the action of the watchdog before was given up is a person's")
    func stopAfterAnOrphan() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.look()
        talk.examine()
        talk.wait(21)
        #expect(talk.heard() == ["app action_failed"])
        let ended = talk.journal.last { $0.0.event.name == "action_failed" }?.at ?? talk.now
        talk.say(.happened(Conversation.app, .stopped(container: "app-1"), at: ended + .milliseconds(12)))
        talk.silently {
            $0.state = .exited
            $0.exitCode = 143
        }
        talk.look()
        let count = talk.actions.count
        talk.wait(60)
        #expect(talk.actions.count == count)
        #expect(talk.verdict() == .standDown(.stopped))
    }

    @Test("who was cut off and restarted is looked at before it is called cut off again")
    func cutOffOnce() {
        var talk = Conversation(["app": [], "side": ["app"]], relations: ["side": Relations(networkOf: "app")])
        let side = ServiceID("side")
        talk.runs("app")
        talk.probe(.passed)
        talk.runs("side") { $0.networkContainer = "app-1" }
        talk.probes(.passed, for: 5)
        talk.beginsRun()
        talk.look()
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [side])
        talk.wait(25)
        talk.beginsRun(side)
        talk.say(.actionEnded(side, .succeeded))
        talk.wait(0.5)
        talk.look("side")
        talk.wait(10)
        #expect(talk.actions.count == 1)
    }

    @Test("a late word of the attempt before is no person's stop, though another attempt is going on")
    func lateEventOfOurs() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        for _ in 0..<2 {
            talk.probes(.timedOut, for: 6)
            talk.wait(0.2)
            talk.succeeds()
            talk.examine()
        }
        let second = talk.actions.last?.at ?? talk.now
        while talk.actions.count < 3 { talk.probes(.timedOut, for: 1) }
        #expect(talk.actions.last?.kind.name == "recreate")
        talk.say(.happened(Conversation.app, .killed(container: "app-1", stops: true), at: second + .milliseconds(50)))
        talk.containers[Conversation.app] = nil
        talk.fails()
        talk.wait(60)
        #expect(talk.actions.count > 3)
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

    /// `side` lives in the network of `app`.
    private func sharing() -> Conversation {
        var talk = Conversation(["app": [], "side": ["app"]], relations: ["side": Relations(networkOf: "app")])
        talk.runs("app")
        talk.probe(.passed)
        talk.runs("side") { $0.networkContainer = "app-1" }
        talk.probes(.passed, for: 5)
        return talk
    }

    private static let side = ServiceID("side")

    /// It is looked at, and by a clock that was set back it began only after that.
    private func isSeenAstray(_ id: ServiceID, _ talk: inout Conversation, by time: Duration = .zero) {
        let now = talk.now
        talk.silently(id) { $0.started = now + time }
        let seen = talk.containers[id].map { [1: $0] } ?? [:]
        talk.say(.observed(service: id.service, containers: seen, asOf: now - .milliseconds(100)))
        talk.examine(id)
    }

    @Test("who was found cut off is restarted, though a clock that was set back hides it from the next watchdog")
    func cutOffAndAClockSetBack() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        talk.restoreFromJournal()
        talk.wait(1)
        talk.look()
        self.isSeenAstray(Self.side, &talk)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.map(\.id) == [Self.side, Self.side])
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 2)
    }

    @Test("who may be cut off since a moment ago is not called well")
    func cutOffJustNow() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        #expect(talk.verdict(Self.side) == .suspect)
    }

    @Test("a run that seems to begin after it was looked at cuts nobody off")
    func hostAstray() {
        var talk = self.sharing()
        talk.restoreFromJournal()
        talk.wait(1)
        self.isSeenAstray(Conversation.app, &talk)
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.isEmpty)
    }

    @Test("who was seen running before its host began a run is cut off, whatever the clock says of its own beginning")
    func guestAstray() {
        var talk = self.sharing()
        talk.restoreFromJournal()
        talk.wait(1)
        talk.look()
        self.isSeenAstray(Self.side, &talk, by: .seconds(600))
        talk.probes(.passed, for: 5)
        talk.beginsRun()
        talk.look()
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Self.side])
    }

    @Test(
        "a signal of the engine's own shutdown, heard late, takes nothing from what is ours to bring back",
        arguments: [ContainerEvent.killed(container: "db-1", stops: true), .stopped(container: "db-1")])
    func lateShutdown(event: ContainerEvent) {
        var talk = Conversation.healthyAppAndDB()
        let asked = talk.now
        talk.died(Conversation.db)
        talk.exits(Conversation.db, code: 0)
        talk.wait(1)
        #expect(talk.heard().last == "db start, attempt 1")
        talk.say(.engineLost("no answer"))
        talk.fails(Conversation.db)
        talk.wait(20)
        talk.beginsRun()
        talk.look()
        talk.say(.engineBack)
        talk.examine()
        talk.probe(.passed)
        for _ in 0..<30 where talk.actions.count < 3 {
            if talk.actions.count == 2 { talk.fails(Conversation.db) }
            talk.probes(.passed, for: 1)
        }
        #expect(talk.actions.last?.kind.name == "recreate")
        talk.say(.happened(Conversation.db, event, at: asked))
        talk.containers[Conversation.db] = nil
        talk.fails(Conversation.db, "broken off")
        talk.wait(60)
        #expect(talk.actions.count > 3)
    }

    @Test("who was stopped by a person and then could not be started is wanted again")
    func startedInVain() {
        var talk = Conversation.healthyApp()
        talk.killed()
        talk.died(code: 143)
        talk.exits(code: 143)
        talk.wait(3)
        #expect(talk.heard() == ["app left_alone stopped_by_a_person"])
        talk.restoreFromJournal()
        talk.look()
        talk.wait(60)
        #expect(talk.actions.isEmpty)
        talk.becomes { $0.startError = "can't join the network" }
        talk.wait(3)
        #expect(talk.actions.map(\.kind.name) == ["start"])
    }

    /// The second after second of a service that hardly gets a processor.
    private func starves(_ talk: inout Conversation, _ seconds: ClosedRange<Int>) {
        for second in seconds {
            talk.wait(1)
            talk.examine(activity: Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second)))
            talk.probe(.timedOut)
            talk.look()
        }
    }

    @Test("a machine that stood still makes nobody look idle who starves")
    func standstillWhileStarved() {
        var talk = Conversation.healthyApp()
        self.starves(&talk, 1...4)
        talk.standsStill(for: 20)
        self.starves(&talk, 5...9)
        #expect(talk.heard() == [])
    }

    @Test("patience with who starves begins with its own silence, not with its last word about a dependency")
    func standstillAfterBlame() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 3)
        talk.standsStill(for: 26)
        self.starves(&talk, 1...28)
        #expect(talk.actions.isEmpty)
        self.starves(&talk, 29...33)
        #expect(talk.actions.map(\.id) == [Conversation.app])
    }

    @Test("what it did while Docker alone complained says nothing of who starves since")
    func starvesAfterDockersComplaint() {
        var talk = Conversation.healthyApp()
        talk.becomes {
            $0.health?.failingStreak = 1
            $0.health?.lastCheck?.verdict = .timedOut
        }
        for second in 1...5 {
            talk.wait(1)
            talk.examine(activity: Activity(ran: .milliseconds(10 * second), waited: .zero))
            talk.probe(.passed)
            talk.look()
        }
        for second in 1...6 {
            talk.wait(1)
            talk.probe(.timedOut)
            talk.examine(
                activity: Activity(ran: .milliseconds(50 + 10 * second), waited: .milliseconds(900 * (second - 1))))
            talk.look()
        }
        #expect(talk.actions.isEmpty)
    }

    @Test("who was cut off and restarted is not so once more because a clock was set back right after that")
    func mendedAndAClockSetBack() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        talk.beginsRun(Self.side)
        let now = talk.now
        talk.silently(Self.side) { $0.started = now + .seconds(600) }
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 1)
    }

    /// A watchdog takes over and asks about the database, and hears of its end before the answer comes.
    private func endsBeforeTheFirstLook(
        _ talk: inout Conversation, of container: String = "db-1", _ tell: (inout Conversation) -> Void
    ) {
        talk.restoreFromJournal()
        let (asked, seen) = (talk.now, [1: talk.containers[Conversation.db]].compactMapValues(\.self))
        talk.wait(0.2)
        talk.silently(Conversation.db) {
            $0.state = .exited
            $0.exitCode = 143
        }
        tell(&talk)
        talk.wait(0.3)
        talk.say(.observed(service: "db", containers: seen, asOf: asked))
        talk.look("db")
        talk.wait(60)
        talk.look("db")
    }

    @Test("a person's stop that is heard of before the container was ever looked at is the person's")
    func stopBeforeTheFirstLook() {
        var talk = Conversation.healthyAppAndDB()
        self.endsBeforeTheFirstLook(&talk) {
            $0.died(Conversation.db, code: 143)
            $0.wait(0.1)
            $0.event(Conversation.db) { .stopped(container: $0) }
        }
        #expect(talk.actions.isEmpty)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
    }

    @Test("an end that nobody asked for is none, though it is heard of before the container was ever looked at")
    func crashBeforeTheFirstLook() {
        var talk = Conversation.healthyAppAndDB()
        self.endsBeforeTheFirstLook(&talk) { $0.died(Conversation.db, code: 1) }
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("what is heard of before the first look and is of another container says nothing of this one")
    func endOfAnotherContainer() {
        var talk = Conversation.healthyAppAndDB()
        self.endsBeforeTheFirstLook(&talk) {
            let (gone, now) = ("db-0", $0.now)
            $0.say(.happened(Conversation.db, .stopped(container: gone), at: now))
            $0.died(Conversation.db, code: 1)
        }
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("what may be the end by the watchdog before is brought back, though it is heard of before the first look")
    func orphanBeforeTheFirstLook() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard().last == "db restart 60s, attempt 1")
        self.endsBeforeTheFirstLook(&talk) {
            $0.killed(Conversation.db, ago: 0.1)
            $0.died(Conversation.db, code: 143)
            $0.event(Conversation.db) { .stopped(container: $0) }
        }
        talk.wait(60)
        talk.look("db")
        #expect(talk.actions.last?.kind == .start)
    }

    @Test("a person who makes a container anew and stops it before it was looked at has stopped it")
    func stopOfANewContainer() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.died(Conversation.db, code: 143)
        talk.beginsRun(Conversation.db, container: "db-2")
        talk.started(Conversation.db)
        let (asked, seen) = (talk.now, [1: talk.containers[Conversation.db]].compactMapValues(\.self))
        talk.wait(0.2)
        talk.killed(Conversation.db)
        talk.died(Conversation.db, code: 143)
        talk.silently(Conversation.db) {
            $0.state = .exited
            $0.exitCode = 143
        }
        talk.say(.observed(service: "db", containers: seen, asOf: asked))
        #expect(talk.verdict(Conversation.db) == .suspect)
        talk.look("db")
        talk.wait(60)
        talk.look("db")
        #expect(talk.actions.isEmpty)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
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

    @Test("who was made anew in a new network is not so once more because a clock was set forward right after that")
    func madeAnewAndAClockSetForward() {
        var talk = self.sharing()
        talk.beginsRun(container: "app-2")
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        #expect(talk.actions.last?.kind.name == "recreate")
        talk.wait(0.2)
        talk.beginsRun(Self.side, container: "side-2")
        let told = talk.now - .seconds(1_300)
        talk.silently(Self.side) {
            $0.started = told
            $0.networkContainer = "app-2"
        }
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 1)
    }

    @Test("a container that took the place of one that a look showed may have begun before that look")
    func anotherOneSteppedIn() {
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        talk.runs("db")
        talk.runs("app")
        talk.probe(.passed)
        let older = talk.now - .seconds(1)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.succeeds(Conversation.db, after: 1)
        talk.wait(1)
        talk.look()
        talk.beginsRun(container: "app-2")
        talk.silently { $0.started = older }
        talk.look()
        talk.examine()
        talk.docker(.healthy, .passed)
        #expect(talk.actions.count == 1)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.probes(.passed, for: 20)
        #expect(talk.actions.map(\.id) == [Conversation.db, Conversation.app])
    }

    @Test("a signal told once more, as of later by a clock that was set back, makes no crash of a person's stop")
    func signalToldAgain() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.wait(0.6)
        talk.died(Conversation.db, code: 143)
        talk.event(Conversation.db) { .stopped(container: $0) }
        talk.exits(Conversation.db, code: 143)
        talk.wait(1)
        talk.killed(Conversation.db)
        talk.look("db")
        talk.wait(60)
        talk.look("db")
        #expect(talk.actions.isEmpty)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
    }
}
