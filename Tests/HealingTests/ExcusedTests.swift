import Healing
import Testing

@Suite("What others cause says nothing about the service")
struct ExcusedTests {
    @Test("a debugger's silence is the debugger's")
    func debugger() {
        var talk = Conversation.healthyApp()
        talk.examine(isTraced: true)
        talk.probes(.timedOut, for: 60)
        talk.examine(isStopped: true, isTraced: true)
        talk.probes(.timedOut, for: 60)
        talk.examine()
        talk.probes(.passed, for: 10)
        #expect(talk.heard() == ["app left_alone a_debugger_is_attached"])
    }

    @Test(
        "Docker calls a paused container unhealthy until its next check: that is no verdict", arguments: [true, false])
    func unpaused(wasFailing: Bool) {
        var talk = Conversation.healthyAppAndDB()
        for id in [Conversation.app, Conversation.db] {
            if wasFailing { talk.docker(.healthy, .failed, id) }
            talk.becomes(id) {
                $0.state = .paused
                $0.health?.status = .unhealthy
            }
        }
        talk.wait(60)
        for id in [Conversation.app, Conversation.db] { talk.becomes(id) { $0.state = .running } }
        talk.probes(.passed, for: 25)
        talk.look("db")
        for id in [Conversation.app, Conversation.db] { talk.docker(.healthy, .passed, id) }
        #expect(talk.heard() == ["app left_alone paused_by_a_person", "db left_alone paused_by_a_person"])
    }

    @Test("after a pause the probe has the first word, also when the end of the pause is seen late")
    func firstWord() {
        var talk = Conversation.healthyApp()
        talk.becomes { $0.state = .paused }
        talk.wait(60)
        talk.silently {
            $0.state = .running
            $0.health?.status = .unhealthy
            $0.health?.failingStreak = 5
            $0.health?.interval = .seconds(5)
            $0.health?.lastCheck = .init(began: Moment(.seconds(50)), verdict: .failed)
        }
        talk.look()
        talk.wait(1)
        talk.probe(.passed)
        talk.wait(60)
        #expect(talk.heard() == ["app left_alone paused_by_a_person"])
    }

    @Test("what was paused when we came, and is stopped with the daemon, is wanted")
    func pausedAtFirst() {
        var talk = Conversation(["app": [], "db": []])
        talk.runs("db") { $0.state = .paused }
        talk.exits(Conversation.db, code: 1)
        talk.wait(1)
        #expect(talk.heard() == ["db left_alone paused_by_a_person", "db detected exited", "db start, attempt 1"])
    }

    @Test("probes that a pause kept waiting do not count, though they took long enough to be confirmed")
    func keptWaiting() {
        var talk = Conversation.healthyApp()
        talk.becomes { $0.state = .paused }
        talk.wait(10)
        talk.becomes { $0.state = .running }
        for ago in [8.0, 4, 1] { talk.probe(.timedOut, ago: ago) }
        talk.look()
        #expect(talk.actions.isEmpty)
    }

    @Test("probes that were on their way during a pause or under a tracer do not count afterwards")
    func onTheirWay() {
        var talk = Conversation.healthyApp()
        for _ in 0..<3 {
            talk.becomes { $0.state = .paused }
            talk.wait(3)
            talk.becomes { $0.state = .running }
            talk.wait(0.1)
            talk.probe(.timedOut, ago: 2)
            talk.probe(.timedOut, ago: 1.5)
            talk.probe(.timedOut, ago: 1)
            talk.examine(isTraced: true)
            talk.wait(3)
            talk.examine()
            talk.probe(.timedOut, ago: 1)
        }
        talk.look()
        talk.probe(.passed)
        #expect(talk.verdict() == .well)
        #expect(talk.actions.isEmpty)
    }

    @Test("an attached debugger is told of once, not with every look")
    func saidOnce() {
        var talk = Conversation.healthyApp()
        for _ in 0..<10 {
            talk.examine(isTraced: true)
            talk.look()
            talk.wait(30)
        }
        #expect(talk.heard() == ["app left_alone a_debugger_is_attached"])
        talk.examine()
        talk.probe(.passed)
        talk.examine(isTraced: true)
        #expect(talk.heard() == ["app left_alone a_debugger_is_attached"])
    }

    @Test(
        "a debugger that the kernel tells of before a look has shown that the run goes on is respected",
        arguments: ["another run", "a look of the watchdog before", "a pause"])
    func seenEarly(unseen: String) {
        var talk = Conversation(["db": []])
        talk.runs("db")
        switch unseen {
        case "another run": talk.beginsRun(Conversation.db)
        case "a pause":
            talk.becomes(Conversation.db) { $0.state = .paused }
            talk.wait(60)
            talk.silently(Conversation.db) { $0.state = .running }
        default: talk.restoreFromJournal()
        }
        talk.examine(Conversation.db, isTraced: true)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.wait(5)
        #expect(talk.verdict(Conversation.db) == .standDown(.debugged))
        #expect(talk.actions.isEmpty)
    }

    @Test("a process that ended under a debugger is healed like any other")
    func endedUnderDebugger() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.examine(isTraced: true)
        talk.wait(5)
        talk.died(code: 139)
        talk.exits(code: 139)
        talk.wait(1)
        #expect(
            talk.heard() == ["app left_alone a_debugger_is_attached", "app detected exited", "app start, attempt 1"])
    }
}
