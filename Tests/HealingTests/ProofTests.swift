import Healing
import Testing

@Suite("Restarted is not healed")
struct ProofTests {
    /// The app was restarted and answers again since just now.
    func restarted(_ adjust: (inout Container) -> Void = { _ in }) -> Conversation {
        var talk = Conversation.healthyApp(adjust)
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        talk.probe(.passed)
        _ = talk.heard()
        return talk
    }

    @Test("the proof needs a good probe and a Docker check, both newer than the last bad sign")
    func both() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        talk.wait(0.1)
        talk.docker(.healthy, .passed)
        #expect(talk.heard().last == "app action_succeeded")
        talk.probe(.passed)
        #expect(talk.heard() == ["app recovered", "app healed"])
    }

    @Test("a Docker check from before the last bad sign proves nothing")
    func oldCheck() {
        var talk = self.restarted()
        talk.wait(1)
        talk.silently {
            $0.health?.status = .healthy
            $0.health?.lastCheck = .init(began: $0.started - .seconds(1), verdict: .passed)
        }
        talk.probes(.passed, for: 20)
        talk.look()
        #expect(talk.heard() == [])
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app healed"])
    }

    @Test("an answer from before the last bad sign proves nothing")
    func oldAnswer() {
        var talk = self.restarted()
        talk.wait(1)
        talk.started()
        talk.look()
        talk.wait(0.5)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == [])
        talk.probe(.passed)
        #expect(talk.heard() == ["app healed"])
    }

    @Test("a bad sign between recovery and proof moves what proves")
    func newBadSign() {
        var talk = self.restarted()
        talk.wait(1)
        let check = talk.now
        talk.wait(0.5)
        talk.probe(.timedOut)
        talk.probes(.passed, for: 1)
        talk.becomes {
            $0.health?.status = .healthy
            $0.health?.lastCheck = .init(began: check, verdict: .passed)
        }
        #expect(talk.heard() == [])
        talk.wait(0.5)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app healed"])
    }

    @Test("without a healthcheck the probe must stay with its word for five seconds", arguments: [true, false])
    func alone(canRun: Bool) {
        var talk = self.restarted { if !canRun { $0.health = nil } }
        if canRun { talk.docker(.starting, .couldNotRun) }
        _ = talk.heard()
        talk.probes(.passed, for: 4)
        #expect(!talk.heard().contains("app healed"))
        talk.probes(.passed, for: 1)
        #expect(talk.heard() == ["app healed"])
    }

    @Test("Docker's agreement that does not come within the verify deadline is told of once")
    func unproven() {
        var talk = self.restarted()
        // 3 × (30 s + 5 s) + 10 s.
        for _ in 0..<3 {
            talk.probes(.passed, for: 30)
            talk.docker(.starting, .failed)
        }
        talk.probes(.passed, for: 24)
        #expect(talk.heard() == [])
        talk.probes(.passed, for: 1)
        #expect(talk.heard() == ["app unproven"])
        for _ in 0..<20 {
            talk.probes(.passed, for: 30)
            talk.docker(.starting, .failed)
        }
        #expect(talk.heard() == [])
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == ["app healed"])
    }

    @Test("health that flutters within an incident does not fill the journal")
    func fluttering() {
        var talk = self.restarted()
        for _ in 0..<100 {
            talk.probes(.timedOut, for: 1)
            talk.probes(.passed, for: 1)
        }
        #expect(talk.heard() == ["app unproven"])
    }

    @Test("the record of the healing has the attempts and the time since the first bad sign")
    func numbers() throws {
        var talk = self.restarted()
        talk.wait(1)
        talk.docker(.healthy, .passed)
        let record = try #require(talk.journal.last?.0)
        // First failure at 1 s, restart at 6 s, seen healthy at 7.4 s.
        #expect(
            record
                == Record(
                    Conversation.app, incident: 1,
                    .healed(after: .milliseconds(6_400), attempts: 1, proof: "probe passed, docker healthy")))
    }
}
