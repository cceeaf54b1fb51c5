import Healing
import Testing

@Suite("Evidence must be fresh")
struct EvidenceTests {
    @Test("nothing is done to a container that was not looked at since the trouble began")
    func lookBeforeActing() {
        var talk = Conversation.healthyApp()
        for _ in 0..<20 {
            talk.wait(1)
            talk.probe(.timedOut)
        }
        #expect(talk.heard() == [])
        // It was paused all the time, and nobody had told.
        talk.becomes { $0.state = .paused }
        #expect(talk.heard() == ["app left_alone paused_by_a_person"])
    }

    @Test("between the news of its end and the next look a dead service has not recovered")
    func deadIsNotRecovered() {
        var talk = Conversation.healthyApp { $0.health = nil }
        talk.died(code: 137)
        talk.wait(8)
        #expect(talk.heard() == ["app detected exited"])
        talk.beginsRun()
        talk.look()
        talk.probe(.passed)
        #expect(talk.heard() == ["app restarted_by_engine", "app recovered"])
    }

    @Test("an inspection that was asked for before the latest event is ignored")
    func staleInspection() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        let asked = talk.now
        talk.wait(0.1)
        talk.killed()
        talk.died()
        talk.say(
            .observed(
                service: "app", containers: [1: talk.containers[Conversation.app]].compactMapValues(\.self), asOf: asked
            ))
        talk.exits()
        talk.wait(600)
        #expect(talk.heard() == ["app left_alone stopped_by_a_person"])
    }

    @Test("a look that was overtaken by a later one is ignored")
    func overtaken() {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(1)
        talk.exits(Conversation.db, code: 1)
        var running = talk.containers[Conversation.db]
        running?.state = .running
        talk.say(
            .observed(service: "db", containers: [1: running].compactMapValues(\.self), asOf: talk.now - .seconds(1)))
        talk.wait(1)
        #expect(talk.heard() == ["db detected exited", "db start, attempt 1"])
    }

    @Test("what was seen during our own action is not news after it")
    func seenDuringAction() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        _ = talk.heard()
        talk.exits(code: 137)
        talk.wait(0.3)
        talk.say(.actionEnded(Conversation.app, .succeeded))
        talk.wait(3)
        #expect(talk.heard() == ["app action_succeeded"])
        talk.beginsRun()
        talk.look()
        talk.probe(.passed)
        #expect(talk.heard() == ["app recovered"])
    }

    @Test("after a restart the ended run is not judged any more, until the new one is seen")
    func endedRun() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.say(.actionEnded(Conversation.app, .succeeded))
        _ = talk.heard()
        talk.probes(.timedOut, for: 29)
        #expect(talk.heard() == [])
    }

    @Test("a person's start is waited for to be seen, however slow the engine is to show it")
    func slowInspection() {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(0.5)
        talk.started(Conversation.db)
        talk.wait(5)
        talk.beginsRun(Conversation.db)
        talk.look("db")
        talk.docker(.healthy, .passed, Conversation.db)
        talk.wait(60)
        #expect(talk.heard() == [])
    }
}
