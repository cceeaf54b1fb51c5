import Healing
import Testing

@Suite("Many services")
struct ManyServicesTests {
    private let graph = ["web": ["api"], "api": ["db", "cache"], "job": ["db"], "db": [], "cache": [], "alone": []]

    /// A random word of the world about one of the services.
    private func fact(_ containers: inout [String: Container], at now: Moment, _ random: inout SplitMix) -> Fact {
        let names = self.graph.keys.sorted()
        let name = names[Int(random.next() % UInt64(names.count))]
        let id = ServiceID(name)
        var container =
            containers[name] ?? Container(run: .init(container: name, started: "0"), state: .running, started: now)
        defer { containers[name] = container }
        switch random.next() % 12 {
        case 0:
            container.state = .exited
            container.exitCode = Int(random.next() % 2)
            return .happened(id, .died(container: name, exitCode: container.exitCode), at: now)
        case 1:
            container.state = .running
            container.run.started = "\(random.next())"
            container.started = now
            return .happened(id, .started(container: name), at: now)
        case 2: return .happened(id, .killed(container: name, stops: true), at: now)
        case 3: return .actionEnded(id, random.next() % 3 == 0 ? .failed("no") : .succeeded)
        case 4: return .deploying(random.next() % 4 == 0 ? [name] : [])
        case 5:
            let verdict: DockerHealth.Check.Verdict = random.next() % 2 == 0 ? .passed : .failed
            container.health = DockerHealth(
                status: verdict == .passed ? .healthy : .unhealthy,
                lastCheck: .init(began: now - .milliseconds(100), verdict: verdict),
                failingStreak: verdict == .passed ? 0 : 3, interval: .seconds(2), timeout: .seconds(1), retries: 3)
            return .observed(service: name, containers: [1: container])
        case 6, 7: return .observed(service: name, containers: [1: container])
        case 8: return .tick
        default:
            let outcomes: [ProbeResult.Outcome] = [
                .passed, .passed, .timedOut, .answeredError(status: 503, sick: ["db"]),
            ]
            let outcome = outcomes[Int(random.next() % UInt64(outcomes.count))]
            return .probed(id, ProbeResult(run: container.run, began: now - .milliseconds(50), outcome: outcome))
        }
    }

    /// The same facts are told to two cores, of which one hears after each that the engine is back, which says nothing
    /// but makes it judge every service anew.
    @Test(
        "are judged where a fact bears on them, and that decides what judging all of them would",
        arguments: UInt64(0)..<60)
    func sameDecisions(seed: UInt64) {
        var random = SplitMix(state: seed)
        var some = HealingState(dependencies: self.graph, probed: ["web", "api", "alone"])
        var all = some
        var containers: [String: Container] = [:]
        var now = Moment(.zero)
        for _ in 0..<600 {
            let next = now + .milliseconds(Int(random.next() % 900) + 1)
            // Both are ticked when either asks for it.
            while let tick = [some.nextTick, all.nextTick].compactMap(\.self).min(), tick < next {
                now = max(tick, now + .milliseconds(1))
                #expect(
                    some.step(.tick, at: now) == all.step(.tick, at: now) + all.step(.engineBack, at: now),
                    "seed \(seed)")
            }
            now = next
            let fact = self.fact(&containers, at: now, &random)
            let decided = some.step(fact, at: now)
            #expect(decided == all.step(fact, at: now) + all.step(.engineBack, at: now), "seed \(seed), \(fact)")
        }
    }

    private struct SplitMix {
        var state: UInt64
        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var z = self.state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

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
