import Healing
import Testing

@Suite("Bad means confirmed")
struct ConfirmationTests {
    @Test("E9: a service that answers is never restarted, and 24 hours of it are worth no line in the journal")
    func healthy() {
        var talk = Conversation.healthyApp()
        for _ in 0..<24 * 120 {
            talk.probes(.passed, for: 30)
            talk.docker(.healthy, .passed)
        }
        #expect(talk.heard() == [] && talk.journal.isEmpty)
        #expect(talk.verdict() == .well)
    }

    @Test(
        "what ran for long before anybody looked, and fails then, is given the time of one that was seen well",
        arguments: [
            (ProbeResult.Outcome.answeredError(status: 503, sick: []), "answers_error"), (.refused, "refusing"),
        ])
    func firstSeenFailing(outcome: ProbeResult.Outcome, cause: String) {
        var talk = Conversation()
        talk.runs("app")
        talk.probes(outcome, for: 5)
        #expect(talk.heard() == [])
        talk.probes(outcome, for: 1)
        #expect(talk.heard() == ["app detected \(cause)", "app restart 10s, attempt 1"])
    }

    @Test("a stream of facts does not put off the next look at what looks bad")
    func lookIsNotPutOff() throws {
        var talk = Conversation.healthyApp()
        talk.probe(.timedOut)
        let due = talk.now + .seconds(1)
        for _ in 0..<2 {
            talk.wait(0.4)
            talk.examine()
            #expect(try #require(talk.healing.nextTick) <= due)
        }
    }

    @Test(
        "three failures over five seconds are bad, and not a second sooner",
        arguments: [
            (ProbeResult.Outcome.timedOut, "unresponsive"),
            (.answeredError(status: 503, sick: ["app"]), "answers_error"),
            (.answeredError(status: 500, sick: []), "answers_error"),
            (.broken("no HTTP"), "broken_answer"),
        ])
    func soft(outcome: ProbeResult.Outcome, cause: String) {
        var talk = Conversation.healthyApp()
        talk.probes(outcome, for: 5)
        #expect(talk.heard() == [])
        #expect(talk.verdict() == .suspect)
        talk.probes(outcome, for: 1)
        #expect(talk.heard() == ["app detected \(cause)", "app restart 10s, attempt 1"])
    }

    @Test("two failures are not enough, however far apart; the third is")
    func threshold() {
        var talk = Conversation.healthyApp()
        talk.probe(.timedOut)
        talk.wait(8)
        talk.probe(.timedOut)
        talk.look()
        talk.wait(60)
        #expect(talk.heard() == [])
        talk.look()
        talk.probe(.timedOut)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("a good answer in between begins the count anew")
    func interrupted() {
        var talk = Conversation.healthyApp()
        for _ in 0..<3 {
            talk.probes(.timedOut, for: 4)
            talk.probes(.passed, for: 1)
        }
        #expect(talk.heard() == [])
    }

    @Test("refused after it once answered: two in two seconds are enough, and needed")
    func refused() {
        var talk = Conversation.healthyApp()
        talk.probes(.refused, for: 1)
        talk.wait(10)
        #expect(talk.heard() == [])
        talk.probe(.passed)
        talk.probes(.refused, for: 2)
        #expect(talk.heard() == [])
        talk.wait(1)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    @Test("all threads stopped and no answer: two failures in two seconds, and the stop grace is cut to a second")
    func frozen() {
        var talk = Conversation.healthyApp()
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 2)
        #expect(talk.heard() == [])
        talk.wait(1)
        #expect(talk.heard() == ["app detected frozen", "app restart 1s, attempt 1"])
    }

    @Test("a frozen service with a volume gets its whole grace; a shorter grace than a second is not made longer")
    func frozenGrace() {
        var stateful = Conversation.healthyApp { $0.isStateless = false }
        stateful.examine(isStopped: true)
        stateful.probes(.timedOut, for: 3)
        #expect(stateful.heard() == ["app detected frozen", "app restart 10s, attempt 1"])

        var hasty = Conversation.healthyApp { $0.stopGrace = .milliseconds(500) }
        hasty.examine(isStopped: true)
        hasty.probes(.timedOut, for: 3)
        #expect(hasty.heard() == ["app detected frozen", "app restart 0.5s, attempt 1"])
    }

    @Test("a stopped wrapper process around a server that answers is nothing bad")
    func stoppedWrapper() {
        var talk = Conversation.healthyApp()
        talk.examine(isStopped: true)
        talk.probes(.passed, for: 60)
        #expect(talk.heard() == [])
    }

    @Test("a probe that could not run never counts as a failure, nor as news")
    func inconclusive() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 2)
        talk.probes(.inconclusive("no namespace"), for: 600)
        #expect(talk.heard() == [])
        talk.probe(.passed)
        #expect(talk.verdict() == .well)
    }

    @Test("what probes of an old run say is ignored")
    func oldRun() throws {
        var talk = Conversation.healthyApp()
        let old = try #require(talk.containers[Conversation.app]?.run)
        talk.wait(1)
        talk.beginsRun()
        talk.look()
        talk.probe(.passed)
        for _ in 0..<20 {
            talk.wait(1)
            talk.probe(.refused, run: old)
        }
        #expect(talk.heard() == [])
    }

    @Test("a late failure that began before the latest good answer is ignored")
    func overlapping() {
        var talk = Conversation.healthyApp()
        for _ in 0..<20 {
            talk.wait(2)
            talk.probe(.passed)
            talk.probe(.timedOut, ago: 1)
        }
        #expect(talk.heard() == [])
    }

    @Test("failures that all began before the latest good answer are ignored, however many come late")
    func late() {
        var talk = Conversation.healthyApp()
        talk.wait(10)
        talk.probe(.passed)
        for ago in [9.0, 7, 5, 3, 1] { talk.probe(.timedOut, ago: ago) }
        talk.look()
        #expect(talk.heard() == [])
        #expect(talk.verdict() == .well)
    }

    @Test("what the kernel says of an old run is ignored")
    func oldCondition() throws {
        var talk = Conversation.healthyAppAndDB()
        let old = try #require(talk.containers[Conversation.db]?.run)
        talk.wait(1)
        talk.beginsRun(Conversation.db)
        talk.look("db")
        talk.say(.examined(Conversation.db, run: old, ProcessCondition(isStopped: true)))
        talk.look("db")
        talk.wait(10)
        #expect(talk.heard() == [])
    }
}
