import Healing
import Testing

@Suite("Many services")
struct ManyServicesTests {
    @Test("may be found later, under terms of their own, and be forgotten")
    func found() {
        var policy = Policy()
        policy.failureThreshold = 1
        policy.failureTimeMin = .zero
        var healing = HealingState(dependencies: [:], probed: [])
        let run = Container.Run(container: "x", started: "1")
        let container = Container(run: run, state: .running, started: Moment(.zero))
        let now = Moment(.seconds(100))
        #expect(healing.step(.observed(service: "x", containers: [1: container]), at: now).isEmpty)
        #expect(healing.summaries(at: now).isEmpty)
        _ = healing.step(.found(["x": Terms(isProbed: true, policy: policy)]), at: now)
        _ = healing.step(.observed(service: "x", containers: [1: container]), at: now)
        _ = healing.step(.examined(ServiceID("x"), run: run, ProcessCondition()), at: now)
        _ = healing.step(.probed(ServiceID("x"), ProbeResult(run: run, began: now, outcome: .passed)), at: now)
        let later = now + .seconds(1)
        _ = healing.step(.probed(ServiceID("x"), ProbeResult(run: run, began: later, outcome: .timedOut)), at: later)
        let decisions = healing.step(.observed(service: "x", containers: [1: container]), at: later + .seconds(1))
        #expect(decisions.contains { if case .act = $0 { true } else { false } }, "\(decisions)")
        _ = healing.step(.forgotten(service: "x"), at: later + .seconds(2))
        #expect(healing.summaries(at: later + .seconds(2)).isEmpty && healing.nextTick == nil)
    }

    @Test("that opted out are never touched nor reported, and what depends on them waits for them")
    func handsOff() {
        var policy = Policy()
        policy.isHandsOff = true
        var talk = Conversation(["app": ["db"], "db": []], policies: ["db": policy])
        talk.runs("db")
        talk.runs("app")
        talk.probe(.passed)
        talk.becomes(Conversation.db) {
            $0.state = .exited
            $0.exitCode = 1
        }
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 60)
        #expect(talk.heard() == ["app detected dependency", "app held by db"])
        #expect(talk.actions.isEmpty)
    }

    @Test("whose exits are their restart policy's business are left as they ended")
    func ended() {
        var policy = Policy()
        policy.bringsBackExits = false
        var talk = Conversation(policies: ["app": policy])
        talk.runs("app") { $0.restartPolicy = .no }
        talk.probe(.passed)
        talk.died(code: 1)
        talk.becomes {
            $0.state = .exited
            $0.exitCode = 1
        }
        talk.wait(60)
        #expect(talk.heard() == ["app detected exited", "app stand_down ended"])
        #expect(talk.actions.isEmpty)
    }
}
