import Healing
import Testing

@Suite("A fresh verdict beats a stale one")
struct DockerHealthTests {
    @Test("the health URL is asked anew before Docker's word counts against an answer that is older")
    func isAskedAnew() {
        var talk = Conversation.healthyApp()
        talk.probes(.passed, for: 60)
        talk.wait(0.5)
        talk.docker(.unhealthy, .failed)
        #expect(talk.heard() == [] && talk.verdict() == .suspect)
        talk.wait(0.5)
        talk.probe(.passed)
        #expect(talk.heard() == ["app detected unhealthy", "app restart 10s, attempt 1"])

        var blaming = Conversation.healthyAppAndDB()
        blaming.probes(.passed, for: 60)
        blaming.wait(0.5)
        blaming.docker(.unhealthy, .failed)
        blaming.probes(.answeredError(status: 503, sick: ["db"]), for: 3)
        #expect(blaming.actions.isEmpty)
    }

    @Test("Docker's unhealthy counts when its check failed after our good answers began")
    func freshUnhealthy() {
        var talk = Conversation.healthyApp()
        talk.probes(.passed, for: 61)
        talk.docker(.unhealthy, .failed)
        #expect(talk.heard() == ["app detected unhealthy", "app restart 10s, attempt 1"])
    }

    @Test("all the failed checks that made it unhealthy must be newer than our good answers: one more is not enough")
    func leftOver() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 4)
        talk.probes(.passed, for: 30)
        talk.docker(.unhealthy, .failed)
        talk.probes(.passed, for: 20)
        #expect(talk.heard() == [])
    }

    @Test("the engine calls unhealthy what has not failed its retries, after a pause that nobody saw: no verdict")
    func shortStreak() {
        var talk = Conversation.healthyAppAndDB()
        talk.silently(Conversation.db) { $0.health?.failingStreak = 2 }
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == [])
        talk.probes(.passed, for: 61)
        talk.silently { $0.health?.failingStreak = 2 }
        talk.docker(.unhealthy, .failed)
        #expect(talk.heard() == [])
        talk.silently(Conversation.db) { $0.health?.failingStreak = 3 }
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("Docker's unhealthy from before our good answers is stale")
    func staleUnhealthy() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 2)
        talk.silently {
            $0.health?.status = .unhealthy
            $0.health?.lastCheck = .init(began: Moment(.seconds(2)), verdict: .failed)
        }
        talk.probes(.passed, for: 25)
        talk.look()
        #expect(talk.heard() == [])
        #expect(talk.verdict() == .well)
    }

    @Test("Docker's healthy does not outweigh our own failures")
    func healthyButFailing() {
        var talk = Conversation.healthyApp()
        for _ in 0..<6 {
            talk.probes(.timedOut, for: 1)
            talk.docker(.healthy, .passed)
        }
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("where nothing is probed, Docker's unhealthy is bad at once: it counted its retries itself")
    func unprobed() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("where nothing is probed, Docker's healthy is believed for three intervals")
    func staleHealthy() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.healthy, .passed, Conversation.db)
        talk.wait(95)
        talk.look("db")
        #expect(talk.verdict(Conversation.db) == .well)
        talk.wait(1)
        // That we have not looked for a while does not make it stale.
        #expect(talk.verdict(Conversation.db) == .well)
        talk.look("db")
        #expect(talk.verdict(Conversation.db) == .unknown("Docker's last check is stale"))
        talk.wait(3_600)
        #expect(talk.heard() == [])
    }

    @Test("what an engine that was away could not check is stale three intervals after it is back")
    func staleAfterOutage() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.healthy, .passed, Conversation.db)
        talk.say(.engineLost("no answer"))
        talk.wait(200)
        talk.say(.engineBack)
        talk.look("db")
        #expect(talk.verdict(Conversation.db) == .well)
        talk.wait(95)
        talk.look("db")
        #expect(talk.verdict(Conversation.db) == .well)
        talk.wait(1)
        talk.look("db")
        #expect(talk.verdict(Conversation.db) == .unknown("Docker's last check is stale"))
    }

    @Test("a check that can not run says nothing of a service that is not probed")
    func unprobedBrokenCheck() {
        var talk = Conversation.healthyAppAndDB()
        talk.docker(.unhealthy, .couldNotRun, Conversation.db)
        talk.wait(600)
        #expect(talk.heard() == [])
    }

    @Test(
        "a check that can not run or runs out of time, while the probe passes, is at fault itself: said once",
        arguments: [DockerHealth.Check.Verdict.couldNotRun, .timedOut])
    func atFault(verdict: DockerHealth.Check.Verdict) {
        var talk = Conversation.healthyApp()
        for _ in 0..<20 {
            talk.probes(.passed, for: 30)
            talk.docker(.unhealthy, verdict)
        }
        #expect(talk.heard() == ["app probe_at_fault"])
        talk.restoreFromJournal()
        for _ in 0..<3 {
            talk.look()
            talk.probes(.passed, for: 30)
            talk.docker(.unhealthy, verdict)
        }
        #expect(talk.heard() == [])
        talk.docker(.healthy, .passed)
        talk.docker(.unhealthy, verdict)
        #expect(talk.heard() == ["app probe_at_fault"])
    }

    @Test("a watchdog that comes new hears the probe before it believes Docker's bad word")
    func takeOver() {
        var talk = Conversation()
        talk.runs("app") {
            $0.health?.status = .unhealthy
            $0.health?.lastCheck?.verdict = .failed
        }
        talk.wait(4.9)
        #expect(talk.heard() == [])
        talk.probe(.passed)
        talk.wait(60)
        #expect(talk.heard() == [])
    }

    @Test("checks that run out of time now and then, without Docker calling it unhealthy, are not told of")
    func slowNowAndThen() {
        var talk = Conversation.healthyApp()
        for _ in 0..<20 {
            talk.probes(.passed, for: 30)
            talk.docker(.healthy, .timedOut)
        }
        #expect(talk.heard() == [])
    }
}
