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

    private static let job = ServiceID("job")

    /// A service whose health URL nobody asks.
    private static func job(_ policy: Container.RestartPolicy, isChecked: Bool = false) -> Conversation {
        var talk = Conversation(["job": []])
        talk.runs("job") {
            $0.restartPolicy = policy
            if !isChecked { $0.health = nil }
        }
        return talk
    }

    @Test(
        "with work done is no incident, where its policy leaves it so: code 0, with or without a healthcheck",
        arguments: [Container.RestartPolicy.no, .onFailure, .onFailureLimited], [true, false])
    func completed(policy: Container.RestartPolicy, isChecked: Bool) {
        var talk = Self.job(policy, isChecked: isChecked)
        talk.died(Self.job, code: 0)
        talk.exits(Self.job, code: 0)
        talk.wait(600)
        #expect(talk.heard() == ["job left_alone completed"])
    }

    @Test(
        "and failed was a job, where nobody asks for its health: said once, and left to its policy",
        arguments: [
            (Container.RestartPolicy.no, code: 1), (.no, 255), (.onFailureLimited, 1), (.onFailureLimited, 139),
        ])
    func failedJob(policy: Container.RestartPolicy, code: Int) {
        var talk = Self.job(policy)
        talk.died(Self.job, code: code)
        talk.exits(Self.job, code: code)
        talk.wait(600)
        #expect(talk.heard() == ["job detected exited", "job stand_down ended"])
        #expect(talk.verdict(Self.job) == .standDown(.ended))
        talk.restoreFromJournal()
        talk.look("job")
        talk.wait(600)
        #expect(talk.heard() == [])
    }

    @Test("of a service that another one needs is its work done only where it has no healthcheck")
    func needed() {
        for (code, isChecked) in [(0, false), (0, true), (1, false)] {
            var talk = Conversation.healthyAppAndDB { if !isChecked { $0.health = nil } }
            talk.died(Conversation.db, code: code)
            talk.exits(Conversation.db, code: code)
            talk.wait(1)
            let isDone = code == 0 && !isChecked
            #expect(
                talk.heard() == (isDone ? ["db left_alone completed"] : ["db detected exited", "db start, attempt 1"]))
        }
    }

    @Test("by a signal is no job that failed: it is started again where it has no policy")
    func killed() {
        var talk = Self.job(.no)
        talk.died(Self.job, code: 137)
        talk.exits(Self.job, code: 137)
        talk.wait(1)
        #expect(talk.heard() == ["job detected exited", "job start, attempt 1"])
    }

    @Test("and is to be tried so often is tried by the engine alone, however soon it fails", arguments: [true, false])
    func countedAttempts(isCounted: Bool) {
        var talk = Self.job(isCounted ? .onFailureLimited : .onFailure)
        for _ in 0..<3 {
            talk.died(Self.job, code: 1)
            talk.exits(Self.job, code: 1, .restarting)
            talk.wait(1.5)
            if talk.actions.isEmpty { talk.runsAgain(Self.job) }
        }
        #expect(talk.actions.isEmpty == isCounted)
        guard isCounted else { return }
        talk.died(Self.job, code: 1)
        talk.exits(Self.job, code: 1)
        talk.wait(600)
        #expect(talk.heard() == ["job detected exited", "job stand_down ended"])
    }

    @Test("of a service whose health URL is asked is started again, whatever policy and code", arguments: [0, 1])
    func askedFor(code: Int) {
        for (policy, isChecked) in [(Container.RestartPolicy.no, true), (.no, false), (.onFailureLimited, true)] {
            var talk = Conversation.healthyApp {
                $0.restartPolicy = policy
                if !isChecked { $0.health = nil }
            }
            talk.died(code: code)
            talk.exits(code: code)
            talk.wait(10)
            #expect(talk.heard() == ["app detected exited", "app start, attempt 1"])
        }
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
