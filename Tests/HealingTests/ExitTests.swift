import Healing
import Testing

@Suite("A process that ended")
struct ExitTests {
    @Test(
        "comes back by the engine's restart policy: an incident with its proof, and no action", arguments: [0, 1, 137])
    func engineRestarts(code: Int) {
        var talk = Conversation.healthyApp()
        talk.died(code: code)
        talk.exits(code: code, .restarting)
        talk.wait(0.4)
        talk.runsAgain()
        talk.probes(.refused, for: 1)
        talk.probes(.passed, for: 3)
        talk.docker(.healthy, .passed)
        #expect(
            talk.heard() == [
                "app detected exited", "app restarted_by_engine", "app recovered", "app healed",
            ])
    }

    @Test("is started again where no restart policy does it")
    func noPolicy() {
        var talk = Conversation.healthyAppAndDB()
        talk.died(Conversation.db, code: 137)
        talk.exits(Conversation.db, code: 137)
        talk.wait(0.9)
        #expect(talk.heard() == ["db detected exited"])
        talk.wait(0.1)
        #expect(talk.heard() == ["db start, attempt 1"])
        talk.succeeds(Conversation.db, after: 0.3)
        talk.wait(5)
        talk.docker(.healthy, .passed, Conversation.db)
        #expect(talk.heard() == ["db action_succeeded", "db recovered", "db healed"])
    }

    @Test("is started again also where the event of its end was lost")
    func lostEvent() {
        var talk = Conversation.healthyAppAndDB()
        talk.exits(Conversation.db, code: 1)
        talk.wait(1)
        #expect(talk.heard() == ["db detected exited", "db start, attempt 1"])
    }

    @Test("for lack of memory says so")
    func outOfMemory() {
        var talk = Conversation.healthyAppAndDB()
        talk.silently(Conversation.db) { $0.isOutOfMemory = true }
        talk.exits(Conversation.db, code: 137)
        talk.wait(1)
        #expect(talk.heard() == ["db detected out_of_memory", "db start, attempt 1"])
    }

    @Test("with work done is no incident: a one-shot service, code 0, no policy, no healthcheck")
    func oneShot() {
        var talk = Conversation.healthyApp {
            $0.restartPolicy = .no
            $0.health = nil
        }
        talk.died(code: 0)
        talk.exits(code: 0)
        talk.wait(600)
        #expect(talk.heard() == ["app left_alone completed"])
    }

    @Test("and was started by a person's hand is not called the engine's work")
    func startedByHand() {
        var talk = Conversation.healthyAppAndDB()
        talk.died(Conversation.db, code: 1)
        talk.exits(Conversation.db)
        talk.wait(0.5)
        talk.runsAgain(Conversation.db)
        #expect(talk.heard() == ["db detected exited"])
    }
}
