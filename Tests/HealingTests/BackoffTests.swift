import Healing
import Testing

@Suite("Backoff")
struct BackoffTests {
    @Test(
        "grows 5, 10, 20, 40, 60, 60 … and does not overflow",
        arguments: [(0, 0), (1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (1_000, 60)])
    func table(attempt: Int, seconds: Int) {
        #expect(Backoff().delay(afterAttempt: attempt) == .seconds(seconds))
    }

    @Test(
        "the stable time is twice the incident, at least a minute, at most ten",
        arguments: [(0, 60), (10, 60), (45, 90), (299, 598), (301, 600), (9_999, 600)])
    func stableTime(incident: Int, stable: Int) {
        #expect(Policy().stableTime(afterIncident: .seconds(incident)) == .seconds(stable))
    }

    static let gaps: [Double] = [5, 10, 20, 40, 60, 60, 60]

    @Test(
        "a service that never answers well is restarted after 5, 10, 20, 40, 60, 60 s",
        arguments: [ProbeResult.Outcome.refused, .answeredError(status: 503, sick: ["app"]), .timedOut])
    func neverHealthy(outcome: ProbeResult.Outcome) {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 8, talk.now < Moment(.seconds(600)) {
            let count = talk.actions.count
            talk.probes(outcome, for: 1)
            if talk.actions.count > count { talk.succeeds(after: 0.4) }
        }
        #expect(talk.gaps == Self.gaps)
        #expect(talk.heard().count { $0.hasPrefix("app detected") } <= 2)
    }

    @Test("a service that exits at once is restarted after 5, 10, 20, 40, 60, 60 s, beside the engine's own tries")
    func crashLoop() {
        var talk = Conversation.healthyApp()
        var delay = 0.1
        talk.crashes(startingAgainAfter: &delay)
        while talk.actions.count < 8, talk.now < Moment(.seconds(900)) { talk.crashes(startingAgainAfter: &delay) }
        #expect(talk.gaps == Self.gaps)
        let lines = talk.heard()
        #expect(lines.filter { $0.contains("detected") } == ["app detected exited", "app detected crash_loop"])
        #expect(lines.count { $0.contains("restarted_by_engine") } == 1)
    }

    @Test("it is the service's, not the container's: a person who makes a sick one anew begins nothing over")
    func newContainer() {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 3 {
            let count = talk.actions.count
            talk.probes(.refused, for: 1)
            if talk.actions.count > count { talk.succeeds() }
        }
        talk.beginsRun(container: "another")
        talk.look()
        talk.examine()
        talk.probes(.refused, for: 60)
        #expect(talk.heard().last == "app restart 10s, attempt 4")
    }

    @Test("an attempt that falls due during a try of the engine's own is made as soon as that one has failed")
    func dueDuringTheEnginesTry() {
        var talk = Conversation.healthyApp()
        var delay = 0.1
        while talk.actions.isEmpty { talk.crashes(startingAgainAfter: &delay) }
        talk.wait(0.5)
        talk.died(code: 1)
        talk.exits(code: 1, .restarting)
        talk.wait(4.4)
        talk.runsAgain()
        talk.wait(0.3)
        #expect(talk.actions.count == 1)
        talk.died(code: 1)
        talk.exits(code: 1, .restarting)
        #expect(talk.gaps == [5.2])
    }

    @Test("an engine that refuses the restart meets the same backoff")
    func actionFails() {
        var talk = Conversation.healthyApp()
        while talk.actions.count < 8, talk.now < Moment(.seconds(600)) {
            let count = talk.actions.count
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > count { talk.fails() }
        }
        #expect(talk.gaps == Self.gaps)
    }

    @Test("what we stopped ourselves we bring back, however often it takes, also when it looks like a person's stop")
    func bringsBack() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.probes(.timedOut, for: 6)
        // Our own stop.
        talk.isStopped()
        talk.silently { $0.startError = "port is already allocated" }
        talk.fails()
        _ = talk.heard()
        for attempt in 2...5 {
            talk.wait(60)
            let what = attempt == 3 ? "recreate 10s" : "start"
            #expect(talk.heard().last == "app \(what), attempt \(attempt)")
            talk.fails()
        }
        talk.wait(60)
        talk.succeeds()
        talk.probes(.passed, for: 1)
        #expect(talk.heard().last == "app recovered")
    }

    @Test("our own stop is ours, though the engine's clock and ours differ by a moment")
    func skew() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.probes(.timedOut, for: 6)
        talk.killed(ago: 0.04)
        talk.died(code: 0)
        talk.exits(code: 0)
        talk.fails()
        talk.wait(10)
        #expect(talk.heard().last == "app start, attempt 2")
    }

    @Test("an action without word counts as failed in the end")
    func noWord() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        _ = talk.heard()
        talk.probes(.timedOut, for: 129)
        #expect(talk.heard() == [])
        talk.probes(.timedOut, for: 1)
        #expect(talk.heard() == ["app action_failed", "app restart 10s, attempt 2"])
    }

    @Test("flapping does not escape it")
    func flapping() {
        var talk = Conversation.healthyApp()
        for _ in 0..<12 {
            while talk.verdict() != .suspect || talk.healing.summaries(at: talk.now)[0].incident == nil {
                let count = talk.actions.count
                talk.probes(.timedOut, for: 1)
                if talk.actions.count > count { break }
            }
            talk.succeeds(after: 0.4)
            talk.probes(.passed, for: 3)
            talk.docker(.healthy, .passed)
            talk.probes(.passed, for: 3)
        }
        #expect(talk.actions.count == 12)
        for (gap, least) in zip(talk.gaps, Self.gaps + Self.gaps) { #expect(gap >= least) }
    }

    @Test("it starts over after the stable time, and not before", arguments: [(59.0, 2), (61.0, 1)])
    func startsOver(stable: Double, attempt: Int) {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        talk.probe(.passed)
        talk.wait(1)
        talk.docker(.healthy, .passed)
        #expect(talk.heard().last == "app healed")
        talk.wait(stable - 6)
        talk.probe(.passed)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard().last == "app restart 10s, attempt \(attempt)")
    }

    @Test("after a long incident it starts over only after ten minutes")
    func longIncident() {
        var talk = Conversation.healthyApp()
        while talk.now < Moment(.seconds(1_000)) {
            let count = talk.actions.count
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > count { talk.succeeds(after: 0.4) }
        }
        let attempts = talk.actions.count
        if talk.verdict() != .starting { talk.succeeds() }
        talk.probe(.passed)
        talk.wait(1)
        talk.docker(.healthy, .passed)
        #expect(talk.heard().last == "app healed")
        talk.wait(590)
        talk.probe(.passed)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard().last == "app restart 10s, attempt \(attempts + 1)")
    }
}

extension Conversation {
    /// The app's process ends at once, as the engine tells it, and the engine starts it again after twice the time it
    /// waited before. An attempt of ours begins in between: the engine's waiting begins anew.
    mutating func crashes(startingAgainAfter delay: inout Double) {
        let count = self.actions.count
        self.wait(0.05)
        self.died(code: 1)
        self.exits(code: 1, .restarting)
        var waited = 0.0
        while waited < delay, self.actions.count == count {
            self.wait(0.05)
            waited += 0.05
        }
        delay = min(delay * 2, 60)
        if self.actions.count > count {
            delay = 0.1
            self.succeeds(after: 0)
        } else {
            self.beginsRun()
            self.started()
            self.look()
        }
    }
}
