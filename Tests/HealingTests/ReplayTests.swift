import Healing
import Testing

@Suite("A recorded incident under another policy")
struct ReplayTests {
    /// A frozen app that one restart helps, or that takes several.
    private func incident(restartsNeeded: Int = 1) -> Conversation {
        var talk = Conversation.healthyApp()
        talk.probes(.passed, for: 30)
        var restarts = 0
        for _ in 0..<200 where restarts < restartsNeeded {
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > restarts {
                restarts = talk.actions.count
                talk.succeeds(after: 2)
            }
        }
        talk.wait(1)
        talk.probe(.passed)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 20)
        return talk
    }

    private func replay(_ talk: Conversation, _ changes: [String: String] = [:]) throws -> Replay {
        var policy = talk.healing.policy
        for (name, value) in changes { try #require(policy.set(name, to: value) == nil) }
        let header = FactLog.Header(
            incident: 1, service: Conversation.app, dependencies: talk.healing.dependencies,
            probed: talk.healing.probed, policy: talk.healing.policy.settings, origin: 0)
        return Replay(FactLog(header, talk.memory.entries(since: Moment(.zero))), after: [], policy: policy)
    }

    @Test("by the same policy goes as it went", arguments: [1, 2, 4])
    func same(restartsNeeded: Int) throws {
        let talk = self.incident(restartsNeeded: restartsNeeded)
        let replay = try self.replay(talk)
        #expect(replay.actions.map(\.at) == talk.actions.map(\.at))
        #expect(replay.actions.map(\.id) == talk.actions.map(\.id))
        let recovered = talk.journal.last { if case .recovered = $0.0.event { true } else { false } }?.at
        #expect(recovered != nil)
        #expect(replay.recovered == recovered)
        #expect(replay.healed != nil)
        #expect(replay.caveat == nil)
    }

    @Test("a patient policy acts later, and serves later by as much")
    func patient() throws {
        let talk = self.incident()
        let (base, other) = (try self.replay(talk), try self.replay(talk, ["failure_time_min": "25s"]))
        #expect(other.actions.count == 1)
        let later = try #require(other.actions.first).at - (try #require(base.actions.first)).at
        #expect(later >= .seconds(18) && later <= .seconds(22), "\(later)")
        #expect(try #require(other.recovered) - (try #require(base.recovered)) == later)
        #expect(other.healed != nil)
    }

    @Test("a hasty policy acts sooner, and the record of the time in between is left out")
    func hasty() throws {
        let talk = self.incident()
        let base = try self.replay(talk)
        let other = try self.replay(talk, ["failure_threshold": "1", "failure_time_min": "1s"])
        #expect(other.actions.count == 1)
        #expect(try #require(other.recovered) < (try #require(base.recovered)))
        #expect(other.healed != nil)
    }

    @Test("a longer backoff spreads the same attempts")
    func backoff() throws {
        let talk = self.incident(restartsNeeded: 3)
        let (base, other) = (try self.replay(talk), try self.replay(talk, ["backoff_base": "30s"]))
        #expect(other.actions.count == 3)
        #expect(try #require(other.recovered) > (try #require(base.recovered)))
    }

    @Test("a policy that acts again where the record did not finds what the last action led to")
    func more() throws {
        let talk = self.incident()
        // Its patience with a slow start is gone: the same restart is tried again and again.
        let other = try self.replay(talk, ["backoff_base": "0s", "start_grace_undeclared": "0s"])
        #expect(other.actions.count >= 1)
        #expect(other.recovered != nil)
    }

    @Test("a policy that never acts saves the actions, and says that nothing came of it")
    func never() throws {
        let other = try self.replay(self.incident(), ["failure_threshold": "1000", "failure_time_min": "86400s"])
        #expect(other.actions.isEmpty)
        #expect(other.recovered == nil)
        #expect(other.caveat != nil)
    }

    @Test("an action where the record holds none leads nobody knows where")
    func unknown() throws {
        var talk = Conversation.healthyApp()
        talk.probes(.passed, for: 10)
        talk.probes(.timedOut, for: 3)
        talk.probes(.passed, for: 10)
        let other = try self.replay(talk, ["failure_threshold": "1", "failure_time_min": "0s"])
        #expect(other.actions.count == 1)
        #expect(other.caveat?.contains("holds no action") == true)
    }

    @Test("the policy's numbers have names, all of them, and are read back from them")
    func names() {
        let policy = Policy()
        let all = Mirror(reflecting: policy).children
        // What is only true or false says whose business a service is, and is no number.
        let numbers = all.count { !($0.value is Bool) } + Mirror(reflecting: policy.backoff).children.count - 1
        #expect(policy.settings.count == numbers, "a number of Policy is missing in Policy+Settings.swift")
        var other = Policy()
        other.failureThreshold = 7
        other.backoff.max = .milliseconds(12_500)
        var copy = Policy()
        for (name, value) in other.settings { #expect(copy.set(name, to: value) == nil) }
        #expect(copy == other)
        #expect(copy.set("failure_threshold", to: "many") != nil)
        #expect(copy.set("backoff_base", to: "-1s") != nil)
        #expect(copy.set("nonsense", to: "1")?.contains("failure_threshold") == true)
    }

    @Test("what is too old to be kept leaves its last word on each matter")
    func memory() {
        var memory = FactMemory()
        let run = Container.Run(container: "a", started: "1")
        memory.add(.fact(.deploying(["app"]), at: Moment(.zero)))
        for second in 1...(3 * FactMemory.countMin) {
            let probe = ProbeResult(run: run, began: Moment(.seconds(second)), outcome: .passed)
            memory.add(.fact(.probed(Conversation.app, probe), at: Moment(.seconds(second))))
        }
        let all = memory.entries(since: Moment(.zero))
        #expect(all.count <= 2 * FactMemory.countMin + 2)
        #expect(all.first == .fact(.deploying(["app"]), at: Moment(.zero)))
        let late = memory.entries(since: Moment(.seconds(3 * FactMemory.countMin)))
        #expect(late.map(\.moment) == late.map(\.moment).sorted())
        #expect(late.count == 3)
    }
}
