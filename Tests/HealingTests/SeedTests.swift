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
}
