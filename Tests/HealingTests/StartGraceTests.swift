import Healing
import Testing

@Suite("The grace of a run counts from its own beginning")
struct StartGraceTests {
    @Test("a stop that took its whole grace leaves half of the backoff for the start")
    func slowStop() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 10.4)
        _ = talk.heard()
        talk.wait(0.4)
        talk.probe(.refused)
        talk.probes(.refused, for: 2)
        #expect(talk.heard() == [])
        talk.wait(0.1)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 2"])
    }

    @Test("a run that somebody else began after our attempt has the whole grace")
    func othersRun() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        talk.probes(.passed, for: 10)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 30)
        _ = talk.heard()
        talk.killed()
        talk.died()
        talk.runsAgain()
        talk.probes(.refused, for: 28)
        #expect(talk.heard() == [])
        talk.probes(.passed, for: 5)
        #expect(talk.heard() == [])
    }

    @Test("what nobody saw until its grace was nearly over is not judged at its end")
    func seenLate() {
        var talk = Conversation()
        talk.runs("app") { $0.started = Moment(.zero) - .seconds(29.5) }
        talk.probe(.answeredError(status: 503, sick: ["app"]))
        talk.look()
        talk.wait(0.6)
        talk.probe(.answeredError(status: 503, sick: ["app"]))
        #expect(talk.heard() == [])
        talk.wait(1.4)
        #expect(talk.heard() == ["app detected answers_error", "app restart 10s, attempt 1"])
    }

    @Test("Docker's short patience is not ours, also where a probe can not run now and then")
    func dockerIsQuicker() {
        var talk = Conversation()
        talk.runs("app") {
            $0.started = Moment(.zero)
            $0.health?.status = .starting
            $0.health?.interval = .seconds(5)
        }
        talk.probes(.refused, for: 18)
        talk.probe(.inconclusive("no namespace"))
        talk.wait(1)
        talk.docker(.unhealthy, .failed)
        talk.wait(9)
        #expect(talk.heard() == [])
        talk.look()
        talk.wait(2)
        #expect(talk.heard() == ["app detected unhealthy", "app restart 10s, attempt 1"])
    }

    @Test("a first probe that never comes back keeps nobody waiting beyond the grace")
    func lostProbe() {
        var talk = Conversation()
        talk.runs("app") {
            $0.started = Moment(.zero)
            $0.health?.status = .unhealthy
            $0.health?.lastCheck = .init(began: Moment(.seconds(1)), verdict: .failed)
        }
        talk.wait(29)
        talk.look()
        #expect(talk.heard() == [])
        talk.wait(1)
        #expect(talk.heard() == ["app detected unhealthy", "app restart 10s, attempt 1"])
    }
}
