import Healing
import Testing

@Suite("Slow is not dead")
struct SlowTests {
    @Test("who makes progress and hardly gets a processor has 30 s, and is then called busy")
    func starved() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 30, running: 20, waiting: 900)
        #expect(talk.heard() == [])
        #expect(talk.healing.isStarved(Conversation.app, at: talk.now))
        talk.probes(.timedOut, for: 3, running: 800, waiting: 30_000)
        #expect(talk.heard() == ["app detected busy", "app restart 10s, attempt 1"])
    }

    @Test("a slow answer at last is as good as a quick one, however often it comes to that")
    func slowAnswers() {
        var talk = Conversation.healthyApp()
        for _ in 0..<20 {
            talk.probes(.timedOut, for: 10, running: 20, waiting: 900)
            talk.probe(.passed)
        }
        #expect(talk.heard() == [])
    }

    @Test(
        "who makes no progress has no more patience than ever, and is called stuck",
        arguments: [(0, 0), (0, 950), (990, 5)])
    func stuck(ran: Int, waited: Int) {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6, running: ran, waiting: waited)
        #expect(talk.heard() == ["app detected stuck", "app restart 10s, attempt 1"])
    }

    @Test("who runs a little and is not kept from running is merely unresponsive")
    func ordinary() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6, running: 50, waiting: 20)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("a machine that was busy for a moment makes no long patience with who hangs")
    func busyForAMoment() {
        var talk = Conversation.healthyApp()
        // Each second: how long its processes ran and waited, in milliseconds. An app that accepts and never answers.
        let seconds = [(9, 640), (6, 710), (3, 85), (2, 12), (2, 9), (3, 14), (2, 11), (2, 10)]
        var activity = Activity(ran: .zero, waited: .zero)
        talk.examine(activity: activity)
        for (ran, waited) in seconds {
            talk.wait(1)
            activity.ran += .milliseconds(ran)
            activity.waited += .milliseconds(waited)
            talk.examine(activity: activity)
            talk.probe(.timedOut)
            talk.look()
        }
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("a start that hardly gets a processor is given the same patience beyond its start period")
    func starvedStart() {
        var talk = Conversation()
        let now = talk.now
        talk.runs("app") {
            $0.started = now
            $0.health?.startPeriod = .seconds(5)
            $0.health?.status = .starting
            $0.health?.lastCheck = nil
        }
        talk.probes(.timedOut, for: 28, running: 20, waiting: 900)
        #expect(talk.heard() == [])
        talk.probes(.timedOut, for: 4, running: 800, waiting: 30_000)
        #expect(talk.actions.count == 1)
    }

    @Test(
        "the patience with who starves by Docker's word is counted by our own clock, from when that word was first seen",
        arguments: [3_600.0, 0])
    func starvedByDockersWord(ago: Double) {
        var talk = Conversation(["db": []])
        talk.runs("db") { $0.health?.lastCheck?.mark = "0" }
        talk.wait(30)
        for second in 1...36 {
            // A check that is told as of an hour ago, by a clock that was set, or each second another one.
            let check = talk.now - .seconds(ago)
            talk.becomes(Conversation.db) {
                $0.health?.status = .unhealthy
                $0.health?.lastCheck = .init(began: check, verdict: .timedOut, mark: ago > 0 ? "1" : "\(second)")
            }
            let activity = Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second))
            talk.examine(Conversation.db, activity: activity)
            #expect(talk.actions.isEmpty == (second <= 30))
            talk.wait(1)
        }
    }

    @Test("a row of failed checks that begins anew, unseen, has the whole patience")
    func starvedAnew() {
        var talk = Conversation(["db": []])
        talk.runs("db")
        for second in 1...50 {
            let (check, streak) = (talk.now, second <= 25 ? 4 : 3)
            talk.becomes(Conversation.db) {
                $0.health?.status = .unhealthy
                $0.health?.failingStreak = streak
                $0.health?.lastCheck = .init(began: check, verdict: .timedOut)
            }
            let activity = Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second))
            talk.examine(Conversation.db, activity: activity)
            talk.wait(1)
        }
        #expect(talk.actions.isEmpty)
    }

    @Test("what its processes did when its checks failed last says nothing of the next time")
    func starvedAfterAnotherIllness() {
        var talk = Conversation(["db": []])
        talk.runs("db")
        for second in 1...5 {
            talk.docker(.healthy, .timedOut, Conversation.db)
            talk.becomes(Conversation.db) { $0.health?.failingStreak = 1 }
            talk.examine(Conversation.db, activity: Activity(ran: .milliseconds(300 * second), waited: .zero))
            talk.wait(1)
        }
        talk.docker(.healthy, .passed, Conversation.db)
        talk.becomes(Conversation.db) { $0.health?.failingStreak = 0 }
        talk.wait(600)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.wait(20)
        talk.silently(Conversation.db) { $0.health?.failingStreak = 3 }
        talk.docker(.unhealthy, .timedOut, Conversation.db)
        #expect(talk.actions.isEmpty)
        // Without the kernel's word nothing is waited for any longer.
        talk.wait(4)
        #expect(talk.actions.count == 1)
    }

    @Test("a row of failed checks that began under a debugger counts from when that one has gone")
    func starvedAfterADebugger() {
        var talk = Conversation(["db": []])
        talk.runs("db")
        for second in 1...55 {
            let check = talk.now
            talk.becomes(Conversation.db) {
                $0.health?.status = .unhealthy
                $0.health?.failingStreak = second + 3
                $0.health?.lastCheck = .init(began: check, verdict: .timedOut)
            }
            let activity = Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second))
            talk.examine(Conversation.db, isTraced: second <= 20, activity: activity)
            #expect(talk.actions.isEmpty == (second <= 51))
            talk.wait(1)
        }
    }

    @Test("whether it starves is looked at again after the machine stood still, before anything is done")
    func standstillBeforeTheLooks() {
        var talk = Conversation(["db": []])
        talk.runs("db")
        talk.docker(.unhealthy, .timedOut, Conversation.db)
        talk.standsStill(for: 5)
        for second in 1...20 {
            talk.wait(1)
            let activity = Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second))
            talk.examine(Conversation.db, activity: activity)
            talk.look("db")
        }
        #expect(talk.actions.isEmpty)
    }

    @Test("a machine that stood still for some seconds does not make who starves look as if it had waited less")
    func standstillWithinTheRow() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 2, running: 20, waiting: 900)
        talk.standsStill(for: 3.5)
        for second in 3...8 {
            talk.examine(activity: Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second)))
            talk.probe(.timedOut)
            talk.look()
            talk.wait(1)
        }
        #expect(talk.actions.isEmpty)
    }

    @Test("nothing is done on a look that is old, whatever the probes say")
    func oldLook() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 2, running: 20, waiting: 900)
        for second in 3...34 {
            talk.wait(1)
            talk.examine(activity: Activity(ran: .milliseconds(20 * second), waited: .milliseconds(900 * second)))
            talk.probe(.timedOut)
        }
        #expect(talk.actions.isEmpty)
        talk.look()
        #expect(talk.heard() == ["app detected busy", "app restart 10s, attempt 1"])
    }

    @Test("refused connections and stopped threads are no slowness")
    func hard() {
        var talk = Conversation.healthyApp()
        talk.probes(.refused, for: 3, running: 20, waiting: 900)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }
}

@Suite("Health that comes and goes")
struct FlappingTests {
    /// 5 s good, 5 s bad, over and over; what is done succeeds.
    func flap(for minutes: Int) -> Conversation {
        var talk = Conversation.healthyApp()
        for _ in 0..<minutes * 6 {
            for outcome in [ProbeResult.Outcome.timedOut, .passed] {
                for _ in 0..<5 {
                    let count = talk.actions.count
                    talk.wait(0.9)
                    talk.probe(outcome)
                    talk.wait(0.1)
                    if talk.healing.isVigilant { talk.look() }
                    if talk.actions.count > count {
                        talk.succeeds()
                        talk.examine()
                        talk.probe(.passed)
                    }
                }
                if outcome == .passed { talk.docker(.healthy, .passed) }
            }
        }
        return talk
    }

    /// Bad for 3 s, which is too short to be confirmed, and good for as long.
    func dip(_ talk: inout Conversation, times: Int) {
        for _ in 0..<times {
            talk.probes(.timedOut, for: 3)
            talk.probes(.passed, for: 3)
        }
    }

    @Test("is named, and paced by the backoff")
    func flapping() {
        let talk = self.flap(for: 10)
        let causes = talk.journal.compactMap { record, _ in
            if case .detected(let diagnosis) = record.event { diagnosis.kind } else { nil }
        }
        #expect(causes.contains(.flapping), "\(causes)")
        #expect((2...14).contains(talk.actions.count), "\(talk.actions)")
        let least: [Double] = [5, 10, 20, 40]
        for (gap, least) in zip(talk.gaps, least + talk.gaps.dropFirst(4).map { _ in 60 }) { #expect(gap >= least) }
    }

    @Test("is named though one spell lasted long enough to be treated for itself")
    func treatedBetween() {
        var talk = Conversation.healthyApp()
        self.dip(&talk, times: 2)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
        talk.succeeds()
        talk.examine()
        talk.probes(.passed, for: 7)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app action_succeeded", "app recovered", "app healed"])
        self.dip(&talk, times: 2)
        #expect(talk.heard() == ["app detected flapping", "app restart 10s, attempt 2"])
        talk.succeeds()
        talk.examine()
        talk.probes(.passed, for: 12)
        self.dip(&talk, times: 1)
        #expect(talk.actions.count == 2)
    }

    @Test("is not told of a run that has not answered yet by what the one before did")
    func neverAnswered() {
        var talk = Conversation.healthyApp()
        for _ in 0..<4 {
            // Too short to be confirmed.
            talk.probe(.timedOut)
            talk.wait(0.5)
            talk.probe(.timedOut)
            talk.wait(0.5)
            talk.probe(.passed)
            talk.probes(.passed, for: 3)
        }
        talk.examine(isStopped: true)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected frozen", "app restart 1s, attempt 1"])
        talk.succeeds()
        talk.examine()
        talk.probes(.timedOut, for: 60)
        #expect(!talk.heard().contains("app detected flapping"))
        #expect(talk.actions.count > 1)
    }

    @Test("is not told of a run that was begun for another reason than a bad spell")
    func begunForADependency() {
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        talk.runs("db")
        talk.runs("app")
        talk.probe(.passed)
        self.dip(&talk, times: 3)
        talk.docker(.unhealthy, .failed, Conversation.db)
        talk.succeeds(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Conversation.db, Conversation.app])
        talk.succeeds()
        talk.examine()
        talk.probes(.passed, for: 7)
        talk.probes(.timedOut, for: 4)
        talk.probes(.passed, for: 10)
        #expect(talk.actions.count == 2)
    }

    @Test("is not told of a container by what the one before did")
    func anotherContainer() {
        var talk = Conversation.healthyApp()
        self.dip(&talk, times: 2)
        for attempt in 1...3 {
            while talk.actions.count < attempt { talk.probes(.timedOut, for: 1) }
            if attempt < 3 { talk.succeeds() }
            talk.examine()
        }
        #expect(talk.actions.last?.kind.name == "recreate" && talk.now < Moment(.seconds(90)))
        talk.isReplaced(by: "app-2")
        talk.examine()
        talk.probes(.passed, for: 20)
        self.dip(&talk, times: 2)
        #expect(talk.actions.count == 3)
    }

    @Test("is not what has to be treated each time")
    func treatedEachTime() {
        var talk = Conversation.healthyApp()
        for seconds in [7, 12, 22] {
            talk.probes(.timedOut, for: 6)
            talk.succeeds()
            talk.examine()
            talk.probes(.passed, for: seconds)
            talk.docker(.healthy, .passed)
        }
        #expect(talk.actions.count == 3)
        talk.probes(.timedOut, for: 6)
        let causes = talk.heard().filter { $0.contains("detected") }
        #expect(causes == .init(repeating: "app detected unresponsive", count: 4))
    }

    @Test("is not healed by the next good answer, but by a minute of them")
    func proof() {
        var talk = Conversation.healthyApp()
        self.dip(&talk, times: 4)
        talk.probes(.timedOut, for: 3)
        #expect(talk.heard() == ["app detected flapping", "app restart 10s, attempt 1"])
        talk.succeeds()
        talk.probes(.passed, for: 50)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app action_succeeded", "app recovered"])
        talk.probes(.passed, for: 11)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app healed"])
    }
}
