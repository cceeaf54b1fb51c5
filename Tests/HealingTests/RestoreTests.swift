import Healing
import Testing

@Suite("A watchdog that takes over goes on where the last one was")
struct RestoreTests {
    /// Never healthy: detection, four attempts.
    func incident() -> Conversation {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 4 {
            let count = talk.actions.count
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > count { talk.succeeds(after: 0.4) }
        }
        return talk
    }

    @Test("killed after any record: same incident, next attempt, no sooner than the backoff", arguments: 1..<9)
    func anyPrefix(count: Int) throws {
        var talk = self.incident()
        try #require(talk.journal.count == 9)
        talk.restoreFromJournal(first: count)
        let attempts = talk.journal.compactMap {
            if case .acted(_, let attempt, _) = $0.0.event { attempt } else { nil }
        }
        let last = talk.journal.last { if case .acted = $0.0.event { true } else { false } }?.at
        let before = talk.actions.count
        talk.look()
        while talk.actions.count == before { talk.probes(.timedOut, for: 1) }
        let acted = try #require(talk.journal.last { if case .acted = $0.0.event { true } else { false } })
        #expect(acted.0.incident == 1)
        guard case .acted(_, let attempt, _) = acted.0.event else { return }
        #expect(attempt == attempts.count + 1)
        if let last { #expect(acted.at - last >= Backoff().delay(afterAttempt: attempts.count)) }
        #expect(talk.heard().allSatisfy { !$0.contains("detected") })
    }

    @Test(
        "our own run is known again, though the engine's clock and the journal's are translated apart",
        arguments: [0, 40])
    func ownRunAfterTakeOver(milliseconds: Int) throws {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 2 {
            let count = talk.actions.count
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > count { talk.succeeds(after: 0.4) }
        }
        let second = try #require(talk.actions.last)
        talk.restoreFromJournal()
        // The run began before the action's end was written down, and reads as if it had begun after it.
        let written = try #require(talk.journal.last?.at)
        talk.becomes { $0.started = written + .milliseconds(milliseconds) }
        while talk.actions.count == 2 && talk.now < second.at + .seconds(60) { talk.probes(.timedOut, for: 1) }
        let third = try #require(talk.actions.last)
        #expect(third.at - second.at == Backoff().delay(afterAttempt: 2))
    }

    @Test("an incident number is never used twice")
    func numbers() throws {
        var talk = Conversation.healthyApp()
        for number in 1...5 {
            talk.probes(.timedOut, for: 6)
            #expect(talk.journal.last?.0.incident == number)
            talk.succeeds()
            talk.probe(.passed)
            talk.wait(1)
            talk.docker(.healthy, .passed)
            talk.restoreFromJournal()
            talk.look()
            talk.probe(.passed)
        }
    }

    @Test("what a person stopped before stays stopped")
    func stoppedByPerson() {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(5)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
        talk.restoreFromJournal()
        talk.look("db")
        talk.look("app")
        talk.wait(3_600)
        #expect(talk.heard() == [])
    }

    @Test("a stop within an incident stays respected, also when its last record is the stop's beginning")
    func stoppedInIncident() {
        var talk = self.incident()
        talk.killed()
        talk.restoreFromJournal()
        talk.exits(code: 143)
        talk.wait(3_600)
        #expect(talk.actions.count == 4)
    }

    @Test("killed in the middle of an action that left the service stopped: it is brought back", arguments: [0, 1])
    func midAction(code: Int) {
        var talk = Conversation.healthyApp {
            $0.restartPolicy = .no
            $0.health = nil
        }
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.exits(code: code)
        talk.wait(19.9)
        #expect(talk.heard() == [])
        talk.wait(0.1)
        talk.look()
        #expect(talk.heard() == ["app action_failed", "app detected exited", "app start, attempt 2"])
    }
}

@Suite("A watchdog that takes over knows nothing yet")
struct TakeOverTests {
    @Test("an incident is not closed before its service was looked at")
    func notLookedAtYet() {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        talk.restoreFromJournal()
        talk.say(.deploying([]))
        talk.look("db")
        talk.wait(10)
        #expect(talk.heard() == [])
        talk.look()
        talk.probe(.passed)
        #expect(talk.heard() == ["app recovered"])
    }

    @Test("an action of the one before may still be going on: it gets the time it needs")
    func orphanedAction() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard().last == "db restart 60s, attempt 1")
        talk.restoreFromJournal()
        talk.look("db")
        talk.look("app")
        talk.probes(.passed, for: 50)
        #expect(talk.heard() == [])
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.beginsRun(Conversation.db)
        talk.look("db")
        talk.docker(.healthy, .passed, Conversation.db)
        #expect(talk.heard() == ["db action_succeeded", "db recovered"])
    }

    @Test("a run that a person began as an action of the one before was given up has its own grace")
    func startAsAnOrphanIsGivenUp() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.look()
        talk.probe(.passed)
        for _ in 0..<300 where talk.journal.last?.0.event.name != "action_failed" { talk.wait(0.1) }
        #expect(talk.heard() == ["app action_failed"])
        talk.killed()
        talk.wait(0.5)
        talk.died()
        talk.runsAgain()
        talk.examine()
        talk.probes(.timedOut, for: 29)
        #expect(talk.actions.count == 1)
        talk.probes(.timedOut, for: 3)
        #expect(talk.actions.count == 2)
    }

    @Test("an action of the one before that never began is begun anew")
    func neverBegan() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.look()
        talk.probes(.timedOut, for: 25)
        #expect(talk.heard() == ["app action_failed", "app restart 10s, attempt 2"])
    }

    @Test(
        "what was killed between the stop and the start of its container is brought back, though its stop is told late",
        arguments: [1.0, 25], [true, false])
    func recreateBrokenOff(away: Double, isToldBeforeTheLook: Bool) {
        var talk = Conversation.appBeingMadeAnew()
        let began = talk.now
        talk.restoreFromJournal()
        talk.standsStill(for: away)
        // Another service is looked at first, and this one's action has had its time.
        talk.say(.engineBack)
        talk.silently {
            $0.state = .exited
            $0.exitCode = 143
        }
        if !isToldBeforeTheLook { talk.look() }
        for news in [News.kill, .die, .stop] {
            talk.hears(news, of: Conversation.app, stoppedAt: began + .milliseconds(300))
        }
        for _ in 0..<2 {
            talk.look()
            talk.wait(30)
        }
        #expect(talk.actions.count > 3)
    }

    @Test("what is gone while the one before may still be making it anew is made anew, though its stop is told late")
    func goneInAnOrphansRecreate() {
        var talk = Conversation.appBeingMadeAnew()
        talk.restoreFromJournal()
        talk.look()
        talk.examine()
        talk.wait(3)
        talk.killed()
        talk.died(code: 143)
        talk.event { .stopped(container: $0) }
        talk.containers[Conversation.app] = nil
        for _ in 0..<10 {
            talk.look()
            talk.wait(20)
        }
        #expect(talk.actions.count > 3)
    }

    @Test("a stop after the last one's action had failed is a person's, though nobody watched")
    func stoppedAfterAFailure() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.fails(Conversation.db)
        talk.restoreFromJournal()
        talk.standsStill(for: 2)
        let stopped = talk.now
        talk.standsStill(for: 2)
        talk.exits(Conversation.db, code: 0)
        for news in [News.kill, .die, .stop] { talk.hears(news, of: Conversation.db, stoppedAt: stopped) }
        talk.look("db")
        talk.wait(600)
        #expect(talk.actions.count == 1)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
    }

    @Test(
        "whoever stopped the run that the last one's action had begun was a person", arguments: [true, false])
    func stoppedAfterTheRecreate(isToldBeforeTheLook: Bool) {
        var talk = Conversation.appBeingMadeAnew()
        let began = talk.now
        talk.restoreFromJournal()
        talk.standsStill(for: 1)
        talk.beginsRun(container: "app-2")
        talk.standsStill(for: 3)
        talk.silently {
            $0.state = .exited
            $0.exitCode = 143
        }
        let stopped = talk.now
        talk.standsStill(for: 3)
        if !isToldBeforeTheLook { talk.look() }
        talk.say(.happened(Conversation.app, .killed(container: "app-1", stops: true), at: began + .milliseconds(300)))
        for news in [News.kill, .die, .stop] { talk.hears(news, of: Conversation.app, stoppedAt: stopped) }
        for _ in 0..<2 {
            talk.look()
            talk.wait(30)
        }
        #expect(talk.actions.count == 3)
        #expect(talk.verdict() == .standDown(.stopped))
    }

    @Test("a stop while the end of the last one's action is awaited is a person's", arguments: [true, false])
    func stoppedMeanwhileHeard(isSeenFirst: Bool) {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.restoreFromJournal()
        talk.look("db")
        talk.wait(1)
        if isSeenFirst { talk.exits(Conversation.db, code: 0) }
        talk.killed(Conversation.db, ago: 0.2)
        talk.died(Conversation.db, ago: 0.1)
        talk.exits(Conversation.db, code: 0)
        talk.wait(70)
        talk.look("db")
        talk.wait(600)
        #expect(talk.heard() == ["db action_failed", "db stand_down stopped_by_a_person"])
    }

    @Test("a stop after a first look is a person's, though the last one's action was given up since that was asked for")
    func stoppedAfterAnOutdatedLook() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.restoreFromJournal()
        talk.standsStill(for: 75)
        let (asked, containers) = (talk.now, [1: talk.containers[Conversation.db]].compactMapValues(\.self))
        talk.standsStill(for: 0.01)
        talk.examine(Conversation.db)
        #expect(talk.heard() == ["db action_failed"])
        talk.say(.observed(service: "db", containers: containers, asOf: asked))
        talk.standsStill(for: 1)
        talk.died(Conversation.db, code: 143)
        talk.event(Conversation.db) { .stopped(container: $0) }
        talk.exits(Conversation.db, code: 143)
        talk.wait(600)
        #expect(talk.actions.count == 1)
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
    }

    @Test("the end of the last one's action is told by a look that is not stale")
    func staleEnd() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.restoreFromJournal()
        talk.look("db")
        talk.wait(1)
        talk.beginsRun(Conversation.db)
        let (asked, containers) = (talk.now, [1: talk.containers[Conversation.db]].compactMapValues(\.self))
        talk.wait(0.1)
        talk.started(Conversation.db)
        talk.say(.observed(service: "db", containers: containers, asOf: asked))
        talk.wait(20)
        #expect(talk.heard() == [])
        talk.look("db")
        talk.wait(5)
        #expect(talk.heard() == ["db action_succeeded"])
    }

    @Test("a stop that the last one saw begin is respected while it goes on, and after it", arguments: [5.0, 600])
    func stopGoingOn(away: Double) {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.fails(Conversation.db)
        talk.wait(1)
        talk.killed(Conversation.db)
        #expect(talk.heard().last == "db stand_down being_stopped_by_a_person")
        talk.restoreFromJournal()
        if away < 60 {
            talk.look("db")
            talk.examine(Conversation.db, isStopped: true)
            talk.wait(50)
            talk.look("db")
            #expect(talk.heard() == [])
        } else {
            talk.wait(away)
        }
        talk.exits(Conversation.db, code: 137)
        talk.wait(600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
    }

    @Test("what had an incident is wanted, also when it is found stopped")
    func wanted() {
        var talk = Conversation.healthyAppAndDB()
        talk.died(Conversation.db, code: 1)
        talk.restoreFromJournal()
        talk.exits(Conversation.db)
        talk.wait(1)
        #expect(talk.heard() == ["db start, attempt 1"])
    }

    @Test("the stable time is counted from the last one's healing", arguments: [(30.0, 2), (62, 1)])
    func stableTime(stable: Double, attempt: Int) {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        talk.probe(.passed)
        talk.wait(1)
        talk.docker(.healthy, .passed)
        talk.restoreFromJournal()
        talk.look()
        talk.examine()
        talk.wait(stable - 6)
        talk.probe(.passed)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt \(attempt)"])
    }

    @Test("a db whose first look was stale holds as one that was not looked at")
    func staleFirstLook() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.restoreFromJournal()
        let (asked, containers) = (talk.now, [1: talk.containers[Conversation.db]].compactMapValues(\.self))
        talk.wait(70)
        talk.say(.observed(service: "db", containers: containers, asOf: asked))
        talk.look("app")
        talk.examine()
        for _ in 0..<30 {
            talk.wait(1)
            talk.probe(.timedOut)
            talk.look()
        }
        #expect(talk.heard() == ["db action_failed", "app detected unresponsive", "app held by db"])
    }

    @Test("a debugger is looked for before anything is done")
    func debugger() {
        var talk = Conversation.healthyAppAndDB()
        talk.restoreFromJournal()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(1.9)
        #expect(talk.heard() == [])
        talk.examine(Conversation.db, isTraced: true)
        talk.wait(60)
        #expect(talk.heard() == ["db left_alone a_debugger_is_attached"])
    }

    @Test("a debugger is looked for, also when the machine stood still where that was due")
    func debuggerAfterAStandstill() {
        var talk = Conversation.healthyAppAndDB()
        talk.restoreFromJournal()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.standsStill(for: 5)
        talk.wait(1)
        #expect(talk.actions.isEmpty)
        talk.examine(Conversation.db, isTraced: true)
        talk.wait(60)
        #expect(talk.heard() == ["db left_alone a_debugger_is_attached"])
    }

    @Test("a run that began while the end of an action was awaited may be a person's: it has the whole grace")
    func whoseRun() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.look()
        talk.wait(5)
        talk.beginsRun()
        talk.look()
        talk.probes(.refused, for: 29)
        #expect(talk.heard() == ["app action_succeeded"])
        talk.probes(.refused, for: 1)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 2"])
    }

    @Test("a start that failed after the stop was somebody's wish to have it running")
    func startFailed() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.restoreFromJournal()
        talk.look("db")
        talk.wait(1)
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.silently(Conversation.db) { $0.startError = "no space left" }
        talk.exits(Conversation.db, code: 128)
        talk.wait(70)
        talk.look("db")
        talk.wait(1)
        #expect(talk.heard() == ["db action_failed", "db detected start_failed", "db start, attempt 2"])
    }

    @Test(
        "a service that was brought back, and stopped while nobody watched, is left alone where the engine would help")
    func stoppedMeanwhile() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.restoreFromJournal()
        talk.beginsRun()
        talk.exits(code: 0)
        talk.wait(3_600)
        #expect(talk.heard() == ["app action_succeeded", "app stand_down found_stopped"])
    }
}
