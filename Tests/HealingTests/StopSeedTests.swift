import Healing
import Testing

@Suite("Found by the simulation, of stops and ends")
struct StopSeedTests {
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

    @Test("a late word of the attempt before is no person's stop, though another attempt is going on")
    func lateEventOfOurs() {
        var talk = Conversation.appBeingMadeAnew()
        let second = talk.actions[1].at
        talk.say(.happened(Conversation.app, .killed(container: "app-1", stops: true), at: second + .milliseconds(50)))
        talk.containers[Conversation.app] = nil
        talk.fails()
        talk.wait(60)
        #expect(talk.actions.count > 3)
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
        talk.isStopped(code: 143)
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

    @Test(
        "a signal told once more, as of later by a clock that was set back, makes no crash of a person's stop",
        arguments: [1.0, 300])
    func signalToldAgain(later: Double) {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.wait(0.6)
        talk.died(Conversation.db, code: 143)
        talk.event(Conversation.db) { .stopped(container: $0) }
        talk.exits(Conversation.db, code: 143)
        talk.wait(later)
        talk.killed(Conversation.db)
        talk.look("db")
        talk.wait(300)
        talk.look("db")
        #expect(talk.actions.isEmpty)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
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
}
