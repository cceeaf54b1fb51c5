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
}
