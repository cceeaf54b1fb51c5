import Healing
import Testing

@Suite("A service that is still starting is let alone")
struct StartTests {
    /// The app begins its first run now, with this start period.
    func firstRun(startPeriod: Duration = .zero) -> Conversation {
        var talk = Conversation()
        talk.runs("app") {
            $0.started = Moment(.zero)
            $0.health?.status = .starting
            $0.health?.lastCheck = nil
            $0.health?.startPeriod = startPeriod
        }
        return talk
    }

    @Test("within the declared start period, whatever the probes say", arguments: [2, 45, 120])
    func declared(period: Int) {
        var talk = self.firstRun(startPeriod: .seconds(period))
        talk.probes(.refused, for: period - 1)
        #expect(talk.heard() == [])
        #expect(talk.verdict() == .starting)
        talk.probes(.refused, for: 2)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    @Test("within 30 s where nothing is declared")
    func undeclared() {
        var talk = self.firstRun()
        talk.probes(.refused, for: 29)
        #expect(talk.heard() == [])
        talk.probes(.refused, for: 1)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    /// A database that Docker alone looks after, every two seconds, and calls unhealthy from its third check on.
    func checkedOnly(at second: Double = 7) -> Conversation {
        var talk = Conversation(["db": []])
        talk.runs("db") {
            $0.started = Moment(.zero)
            $0.health = DockerHealth(status: .starting, interval: .seconds(2), timeout: .seconds(1))
        }
        talk.wait(second)
        talk.docker(.unhealthy, .failed, Conversation.db)
        return talk
    }

    @Test("within 30 s where nothing is declared, also where Docker's quick checks have called it unhealthy")
    func undeclaredUnprobed() {
        var talk = self.checkedOnly()
        talk.wait(22.9)
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == [])
        #expect(talk.verdict(Conversation.db) == .starting)
        talk.wait(0.1)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("but for a run that Docker has called healthy: that one's start is over")
    func healthyUnprobed() {
        var talk = self.checkedOnly()
        talk.docker(.healthy, .passed, Conversation.db)
        talk.wait(6)
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == ["db detected unhealthy", "db restart 60s, attempt 1"])
    }

    @Test("for the time that it was seen to need, also where Docker alone looks after it")
    func learntUnprobed() {
        var talk = self.checkedOnly()
        talk.silently(Conversation.db) { $0.health?.failingStreak = 14 }
        talk.wait(23)
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard().last == "db restart 60s, attempt 1")
        talk.silently(Conversation.db) { $0.health?.failingStreak = 0 }
        talk.succeeds(Conversation.db)
        talk.wait(45)
        talk.docker(.healthy, .passed, Conversation.db)
        let healed = ["db action_succeeded", "db recovered", "db start_period_too_short 60s", "db healed"]
        #expect(talk.heard() == healed)
        talk.silently(Conversation.db) { $0.health?.failingStreak = nil }
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.runsAgain(Conversation.db)
        talk.wait(50)
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.heard() == [] && talk.verdict(Conversation.db) == .starting)
    }

    @Test("and one failure at the end of it is not enough")
    func oneFailure() {
        var talk = self.firstRun()
        talk.wait(29.5)
        talk.probe(.refused)
        talk.look()
        talk.wait(5)
        #expect(talk.heard() == [])
        talk.probe(.refused)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    @Test("and a slow first start that answers in time is nothing to tell of")
    func slow() {
        var talk = self.firstRun()
        talk.probes(.refused, for: 28)
        talk.probes(.passed, for: 60)
        #expect(talk.heard() == [])
    }

    @Test("the first good answer ends the grace")
    func answered() {
        var talk = self.firstRun(startPeriod: .seconds(60))
        talk.probes(.refused, for: 3)
        talk.probes(.passed, for: 1)
        talk.probes(.refused, for: 3)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 1"])
    }

    @Test("a process that is gone does not start any more")
    func gone() {
        var talk = self.firstRun(startPeriod: .seconds(60))
        talk.silently { $0.restartPolicy = .no }
        talk.wait(1)
        talk.died(code: 1)
        talk.exits()
        talk.wait(1)
        #expect(talk.heard() == ["app detected exited", "app start, attempt 1"])
    }

    @Test("a run that we began has its declared start period too")
    func ownDeclared() {
        var talk = Conversation.healthyApp { $0.health?.startPeriod = .seconds(20) }
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        _ = talk.heard()
        talk.probes(.refused, for: 19)
        #expect(talk.heard() == [])
        talk.probes(.refused, for: 1)
        #expect(talk.heard() == ["app detected refusing", "app restart 10s, attempt 2"])
    }
}
