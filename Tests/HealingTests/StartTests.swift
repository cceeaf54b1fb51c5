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
