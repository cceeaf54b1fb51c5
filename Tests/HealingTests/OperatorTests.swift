import Healing
import Testing

@Suite("What an operator asks for")
struct OperatorTests {
    @Test("who only looks is told what is bad, and nothing that would follow from that")
    func onlyLooking() {
        var talk = Conversation.healthyApp()
        talk.healing.isOnlyLooking = true
        talk.probes(.timedOut, for: 20)
        #expect(talk.verdict().map { if case .bad = $0 { true } else { false } } == true)
        #expect(talk.heard() == [])
    }

    // MARK: Pauses

    @Test("a paused service is not touched; its incident is told, and healed when the pause ends by itself")
    func pause() {
        var talk = Conversation.healthyApp()
        talk.pause("app", for: 60)
        talk.probes(.refused, for: 55)
        #expect(
            talk.heard() == [
                "app paused 60s", "app detected refusing", "app left_alone a_maintenance_pause_is_on",
            ])
        #expect(talk.verdict().map { if case .bad = $0 { true } else { false } } == true)
        talk.probes(.refused, for: 6)
        #expect(talk.heard() == ["app resumed time", "app restart 10s, attempt 1"])
    }

    @Test("resume ends a pause at once")
    func resume() {
        var talk = Conversation.healthyApp()
        talk.pause("app", for: 3_600)
        talk.probes(.refused, for: 10)
        _ = talk.heard()
        talk.resume("app")
        #expect(talk.heard() == ["app resumed person", "app restart 10s, attempt 1"])
    }

    @Test("a pause of the project covers every service, and resume of one service does not end it")
    func wholeProject() {
        var talk = Conversation.healthyAppAndDB()
        talk.pause(nil, for: 60)
        talk.resume("db")
        talk.probes(.refused, for: 30)
        #expect(talk.actions.isEmpty)
        talk.look("db")
        talk.look("app")
        #expect(talk.actions.isEmpty)
        talk.resume(nil)
        #expect(talk.actions.count == 1)
    }

    @Test("resume without a service ends the pauses of single services too")
    func resumeAll() {
        var talk = Conversation.healthyApp()
        talk.pause("app", for: 3_600)
        talk.pause(nil, for: 3_600)
        talk.resume(nil)
        talk.probes(.refused, for: 6)
        #expect(talk.actions.count == 1)
    }

    @Test("a dependency that is bad and paused is waited for: its dependents are not restarted for it")
    func pausedDependency() {
        var talk = Conversation.healthyAppAndDB()
        talk.pause("db", for: 600)
        talk.exits(Conversation.db, code: 1)
        talk.died(Conversation.db, code: 1)
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 60)
        #expect(talk.actions.isEmpty)
        #expect(talk.heard().contains("app held by db"))
    }

    @Test("a pause survives the watchdog, ends when it would have, and is told to have ended")
    func restore() {
        var talk = Conversation.healthyApp()
        talk.pause("app", for: 60)
        talk.probes(.refused, for: 10)
        talk.restoreFromJournal()
        talk.look()
        talk.examine()
        talk.probe(.passed)
        talk.probes(.refused, for: 49)
        #expect(talk.actions.isEmpty)
        talk.probes(.refused, for: 10)
        #expect(talk.actions.count == 1)
        #expect(talk.heard().contains("app resumed time"))
        talk.restoreFromJournal()
        #expect(talk.healing.pause(of: "app", at: talk.now) == nil)
    }

    @Test("the time of a pause runs out while the engine is away")
    func engineAway() {
        var talk = Conversation.healthyApp()
        talk.pause("app", for: 60)
        talk.say(.engineLost("gone"))
        talk.wait(61)
        #expect(talk.heard().last == "app resumed time")
    }

    @Test("a pause of what is not watched is none")
    func unknownService() {
        var talk = Conversation.healthyApp()
        talk.pause("cache", for: 60)
        talk.resume("cache")
        #expect(talk.heard() == [])
    }

    // MARK: Healing on demand

    @Test("what is bad is healed now, without waiting for the backoff")
    func healNow() {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 2 {
            let count = talk.actions.count
            talk.probes(.refused, for: 1)
            if talk.actions.count > count { talk.fails() }
        }
        // 10 s is the wait after the second attempt.
        talk.probes(.refused, for: 6)
        let before = talk.actions.count
        #expect(talk.healing.summaries(at: talk.now).first?.nextAttempt != nil)
        _ = talk.heard()
        talk.heal("app")
        #expect(talk.heard().first == "app heal_asked")
        #expect(talk.actions.count == before + 1)
    }

    @Test("the least wait between two attempts stays, however often it is asked for")
    func healTooSoon() {
        var talk = Conversation.healthyApp()
        talk.probes(.refused, for: 6)
        talk.fails()
        talk.wait(1)
        _ = talk.heard()
        for _ in 1...20 { talk.heal("app") }
        #expect(talk.actions.count == 1)
        #expect(Set(talk.heard()) == ["app heal_refused"])
    }

    @Test("what is healthy is not restarted")
    func healWell() {
        var talk = Conversation.healthyApp()
        talk.heal("app")
        #expect(talk.heard() == ["app heal_refused"])
        #expect(talk.actions.isEmpty)
    }

    @Test("a suspect is healed now where another replica serves, and not where it may be the last one")
    func lastReplica() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 1)
        talk.heal("app")
        #expect(talk.heard() == ["app heal_refused"])
        let second = ServiceID("app", replica: 2)
        talk.runs("app", replica: 2)
        talk.probe(.passed, second)
        talk.heal("app")
        #expect(talk.heard() == ["app detected unconfirmed", "app heal_asked", "app restart 10s, attempt 1"])
        talk.probe(.timedOut, second)
        talk.heal("app")
        #expect(talk.heard() == ["app heal_refused"])
        #expect(talk.actions.count == 1)
    }

    @Test("not of one that a person has stopped, though no look has shown it yet")
    func healOfWhatWasStopped() {
        var talk = Conversation.healthyApp()
        let second = ServiceID("app", replica: 2)
        talk.runs("app", replica: 2)
        talk.probe(.passed, second)
        talk.killed()
        talk.died()
        talk.heal("app")
        #expect(talk.heard() == ["app heal_refused"] && talk.actions.isEmpty)
    }

    @Test("not while its dependency is bad, which is named")
    func healBehindDependency() {
        var talk = Conversation.healthyAppAndDB()
        talk.exits(Conversation.db, code: 1)
        talk.died(Conversation.db, code: 1)
        talk.pause("db", for: 600)
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 10)
        _ = talk.heard()
        talk.heal("app")
        #expect(talk.heard() == ["app heal_refused"])
        guard case .healRefused(let advice) = talk.journal.last?.0.event else {
            Issue.record("no refusal in the journal")
            return
        }
        #expect(advice.contains("depends on db"))
        #expect(talk.actions.isEmpty)
    }

    @Test(
        "not while somebody else has it: a deploy, a pause, a person's stop",
        arguments: ["deploy", "pause", "stop", "engine"])
    func healElsewhere(whose: String) {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 4)
        switch whose {
        case "deploy": talk.say(.deploying(["app"]))
        case "pause": talk.pause("app", for: 60)
        case "engine": talk.say(.engineLost("gone"))
        default:
            talk.isStopped(code: 143)
        }
        _ = talk.heard()
        talk.heal("app")
        #expect(talk.heard().last == "app heal_refused")
        #expect(talk.actions.isEmpty)
    }
}

extension Conversation {
    mutating func pause(_ service: String?, for seconds: Int) {
        self.say(.asked(.pause(service: service, for: .seconds(seconds), reason: "a test")))
    }

    mutating func resume(_ service: String?) { self.say(.asked(.resume(service: service))) }

    mutating func heal(_ service: String) { self.say(.asked(.heal(service: service))) }
}

@Suite("Between a decision and its action")
struct PreparingTests {
    @Test("a person's stop is a person's stop: the action is void, and the service is left alone")
    func stop() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
        talk.say(.actionPrepares(Conversation.app))
        #expect(!talk.healing.isStoppedByOthers(Conversation.app, at: talk.now))
        talk.wait(1)
        talk.killed()
        #expect(talk.healing.isStoppedByOthers(Conversation.app, at: talk.now))
        talk.fails(Conversation.app, "somebody has stopped it meanwhile")
        talk.wait(1)
        talk.died(code: 143)
        talk.exits(code: 143)
        talk.wait(120)
        #expect(
            talk.heard() == [
                "app action_failed", "app stand_down being_stopped_by_a_person", "app left_alone stopped_by_a_person",
            ])
        #expect(talk.actions.count == 1)
    }

    @Test("once it has begun what happens to the container is our own doing")
    func begun() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.say(.actionPrepares(Conversation.app))
        talk.wait(1)
        talk.say(.actionBegins(Conversation.app))
        talk.killed()
        talk.died(code: 143)
        #expect(!talk.healing.isStoppedByOthers(Conversation.app, at: talk.now))
        talk.succeeds(after: 1)
        talk.wait(1)
        talk.probe(.passed)
        talk.docker(.healthy, .passed)
        let lines = talk.heard()
        #expect(lines.contains("app action_succeeded") && lines.contains("app healed"), "\(lines)")
        #expect(!lines.contains { $0.contains("person") }, "\(lines)")
    }
}
