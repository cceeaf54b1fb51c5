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

    /// An app that no restart helps.
    private func openIncident(actions: Int) -> Conversation {
        var talk = Conversation.healthyApp()
        talk.probes(.passed, for: 30)
        while talk.actions.count < actions {
            let before = talk.actions.count
            talk.probes(.timedOut, for: 1)
            if talk.actions.count > before { talk.succeeds(after: 1) }
        }
        talk.probes(.timedOut, for: 2)
        return talk
    }

    private func replay(
        _ talk: Conversation, of service: ServiceID = Conversation.app, _ changes: [String: String] = [:]
    ) throws -> Replay {
        var policy = talk.healing.policy
        for (name, value) in changes { try #require(policy.set(name, to: value) == nil) }
        let header = FactLog.Header(
            incident: talk.journal.last { $0.0.service == service && $0.0.incident != nil }?.0.incident ?? 0,
            service: service, dependencies: talk.healing.dependencies,
            probed: talk.healing.probed, policy: talk.healing.policy.settings, origin: 0)
        return Replay(FactLog(header, talk.memory.entries(since: Moment(.zero))), in: talk.journal, policy: policy)
    }

    @Test("by the same policy goes as it went", arguments: [1, 2, 4])
    func same(restartsNeeded: Int) throws {
        let talk = self.incident(restartsNeeded: restartsNeeded)
        let replay = try self.replay(talk)
        #expect(replay.actions.map(\.at) == talk.actions.map(\.at))
        #expect(replay.actions.map(\.action.kind) == talk.actions.map(\.kind))
        let recovered = talk.journal.last { if case .recovered = $0.0.event { true } else { false } }?.at
        #expect(recovered != nil)
        #expect(replay.recovered == recovered)
        #expect(replay.healed != nil)
        #expect(replay.caveat == nil)
    }

    @Test(
        "ends where the record does, when the service still is bad then",
        arguments: [
            [:], ["failure_threshold": "30"], ["backoff_base": "0s"], ["backoff_base": "1s", "backoff_max": "1s"],
        ]
    )
    func open(changes: [String: String]) throws {
        let talk = self.openIncident(actions: 3)
        let replay = try self.replay(talk, changes)
        #expect(replay.recovered == nil && replay.healed == nil)
        // At most the one that the record does not hold any more.
        #expect((1...4).contains(replay.actions.count), "\(replay.actions.count)")
        #expect(replay.isLost == (replay.actions.count == 4))
        let words = replay.isLost ? "the record holds no action" : "the record ends before app serves again"
        #expect(replay.caveat?.contains(words) == true, "\(replay.caveat ?? "")")
        if changes.isEmpty { #expect(replay.actions.map(\.at) == talk.actions.map(\.at)) }
    }

    @Test("ends where a person ended the incident")
    func stopped() throws {
        var talk = self.openIncident(actions: 2)
        talk.isStopped()
        #expect(talk.heard().contains { $0.hasPrefix("app stand_down") })
        let replay = try self.replay(talk)
        #expect(replay.actions.map(\.at) == talk.actions.map(\.at))
        #expect(replay.caveat == "the record ends before app serves again" && !replay.isLost)
    }

    @Test("counts what was done to the service of the incident alone")
    func own() throws {
        var talk = Conversation.healthyAppAndDB()
        talk.probes(.passed, for: 30)
        talk.exits(Conversation.db)
        talk.probes(.answeredError(status: 503, sick: ["db"]), for: 10)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        #expect(talk.heard().contains("app held by db"))
        talk.succeeds(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 20)
        #expect(try self.replay(talk, of: Conversation.db).actions.count == 1)
        let replay = try self.replay(talk)
        #expect(replay.actions.isEmpty && replay.recovered != nil && replay.caveat == nil)
    }

    @Test("leaves out an incident that the service had shortly before")
    func earlier() throws {
        var talk = self.incident()
        let first = talk.actions.count
        while talk.actions.count == first { talk.probes(.timedOut, for: 1) }
        talk.succeeds(after: 2)
        talk.wait(1)
        talk.probe(.passed)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 20)
        let replay = try self.replay(talk)
        #expect(replay.actions.map(\.at) == talk.actions.dropFirst(first).map(\.at))
        #expect(replay.recovered == talk.journal.last { if case .recovered = $0.0.event { true } else { false } }?.at)
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

    @Test("all that a policy holds has a name, and is read back from it")
    func names() {
        let policy = Policy()
        let all = Mirror(reflecting: policy).children
        let held = all.count + Mirror(reflecting: policy.backoff).children.count - 1
        #expect(policy.settings.count == held, "something of Policy is missing in Policy+Settings.swift")
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
