import Healing
import Testing

@Suite("Beside others")
struct BesideTests {
    static let side = ServiceID("side")
    static let other = ServiceID("side", replica: 2)

    /// `app` was restarted, and two replicas of `side` are to be restarted with it; the first is being.
    func pairOfTwo() -> Conversation {
        var talk = self.pair(Relations(restartsWith: ["app"]))
        talk.runs("side", replica: 2)
        self.restartApp(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side])
        return talk
    }

    /// Another watchdog, which looks at everything once.
    func takesOver(_ talk: inout Conversation) {
        talk.restoreFromJournal()
        for service in Set(talk.containers.keys.map(\.service)).sorted() { talk.look(service) }
        for id in talk.containers.keys.sorted(by: { $0.description < $1.description }) { talk.examine(id) }
    }

    /// `app`, and `side` that is to be restarted with it or lives in its network.
    func pair(_ relations: Relations, network: String? = nil) -> Conversation {
        var talk = Conversation(["app": [], "side": ["app"]], relations: ["side": relations])
        talk.runs("app")
        talk.probe(.passed)
        talk.wait(1)
        talk.runs("side") { $0.networkContainer = network }
        talk.probes(.passed, for: 5)
        #expect(talk.heard() == [])
        return talk
    }

    func restartApp(_ talk: inout Conversation) {
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        talk.probes(.passed, for: 4)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 10)
    }

    @Test("who is to be restarted with a dependency is restarted once, when that one is well again")
    func restartsWithIt() {
        var talk = self.pair(Relations(restartsWith: ["app"]))
        self.restartApp(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side])
        #expect(talk.heard().contains("side detected dependency_restarted"))
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 300)
        #expect(talk.actions.count == 2)
    }

    @Test("who is not to be, is not")
    func stays() {
        var talk = self.pair(Relations())
        self.restartApp(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.app])
    }

    @Test("a watchdog that takes over knows what is owed")
    func takeOver() {
        var talk = self.pair(Relations(restartsWith: ["app"]))
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        self.takesOver(&talk)
        talk.probes(.passed, for: 4)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side])
    }

    @Test("a watchdog that takes over knows what was paid, though a clock that was set back makes it look older")
    func paid() {
        var talk = self.pair(Relations(restartsWith: ["app"]))
        self.restartApp(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side])
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.silently(Self.side) { $0.started = $0.started - .seconds(2_000) }
        self.takesOver(&talk)
        talk.probes(.passed, for: 30)
        #expect(talk.actions.count == 2)
    }

    @Test("two replicas that both serve, and are both to be restarted, are restarted one after the other")
    func bothServing() {
        var talk = self.pairOfTwo()
        talk.beginsRun(Self.side)
        talk.say(.actionEnded(Self.side, .succeeded))
        // What is known of it yet is the run before.
        talk.wait(0.5)
        #expect(talk.actions.count == 2)
        talk.docker(.starting, .passed, Self.side)
        talk.probes(.passed, for: 5)
        #expect(talk.actions.count == 2)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 5)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side, Self.other])
    }

    @Test("two replicas that both serve are restarted one after the other also where both were treated before")
    func bothTreatedBefore() {
        var talk = self.pairOfTwo()
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 2)
        talk.succeeds(Self.other)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side, Self.other])
        // Before they are proven to be healed, the one they depend on is restarted again.
        talk.probes(.timedOut, for: 6)
        talk.succeeds()
        talk.examine()
        for id in [Self.side, Self.other] { talk.docker(.healthy, .passed, id) }
        talk.probes(.passed, for: 60)
        #expect(talk.actions.dropFirst(3).map(\.id) == [Conversation.app, Self.side])
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.dropFirst(5).map(\.id) == [Self.other])
    }

    enum Doubt: CaseIterable { case canNotBeAsked, isNotAsked, isNotAskedAndChecksAreLate }

    @Test(
        "the last that serves is not restarted for a dependency, by whoever takes over before it has asked either",
        arguments: Doubt.allCases)
    func lastServingIsKept(doubt: Doubt) {
        let second = ServiceID("app", replica: 2)
        var talk = Conversation(["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        talk.runs("db")
        talk.runs("app")
        talk.runs("app", replica: 2)
        for id in [Conversation.app, second] { talk.probe(.passed, id) }
        talk.docker(.unhealthy, .failed, Conversation.db)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        talk.died(second, code: 1)
        talk.exits(second)
        talk.succeeds(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.probe(.passed)
        switch doubt {
        case .canNotBeAsked: talk.probe(.inconclusive("no such namespace"))
        case .isNotAsked: self.takesOver(&talk)
        case .isNotAskedAndChecksAreLate:
            talk.docker(.unhealthy, .timedOut)
            self.takesOver(&talk)
            talk.wait(1)
            talk.probe(.passed)
        }
        talk.wait(3)
        talk.look()
        talk.wait(3)
        #expect(!talk.actions.map(\.id).contains(Conversation.app))
    }

    @Test("who serves is not restarted before the other was seen by whoever takes over")
    func otherIsNotSeenYet() {
        var talk = self.pairOfTwo()
        talk.beginsRun(Self.side)
        talk.wait(75)
        talk.restoreFromJournal()
        let asked = talk.now
        talk.wait(0.1)
        talk.look()
        #expect(talk.heard() == ["side action_failed"])
        let seen = [1: talk.containers[Self.side], 2: talk.containers[Self.other]].compactMapValues(\.self)
        talk.say(.observed(service: "side", containers: seen, asOf: asked))
        talk.examine(Self.other)
        #expect(talk.actions.count == 2)
    }

    @Test("who serves is restarted all the same where a person keeps the other from serving")
    func otherIsStopped() {
        var talk = self.pairOfTwo()
        talk.succeeds(Self.side)
        talk.docker(.starting, .passed, Self.side)
        talk.wait(1)
        talk.killed(Self.side)
        // It may be a restart.
        talk.probes(.passed, for: 5)
        #expect(talk.actions.count == 2)
        talk.died(Self.side, code: 143)
        talk.exits(Self.side, code: 143)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side, Self.other])
    }

    @Test("a watchdog that takes over knows that one replica was paid and the other was not")
    func paidByHalf() {
        var talk = self.pairOfTwo()
        talk.succeeds(Self.side)
        self.takesOver(&talk)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 30)
        #expect(talk.actions.map(\.id) == [Conversation.app, Self.side, Self.other])
    }

    @Test("who lives in the network of a container that was started anew is restarted")
    func sharedNetwork() {
        var talk = self.pair(Relations(networkOf: "app"), network: "app-1")
        self.restartApp(&talk)
        #expect(talk.heard().contains("side detected detached"))
        #expect(talk.actions.map(\.kind.name) == ["restart", "restart"])
    }

    @Test("who lives in the network of a container that is another one now is made anew")
    func lostNetwork() {
        var talk = self.pair(Relations(networkOf: "app"), network: "app-1")
        talk.beginsRun(container: "app-again")
        talk.look()
        talk.probes(.passed, for: 4)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Self.side])
        #expect(talk.actions.map(\.kind.name) == ["recreate"])
    }

    @Test("the last replica that serves waits until another one is well")
    func lastReplica() {
        let second = ServiceID("app", replica: 2)
        var talk = Conversation()
        talk.runs("app")
        talk.runs("app", replica: 2)
        func both(_ talk: inout Conversation, for seconds: Int) {
            for _ in 0..<seconds {
                talk.wait(1)
                // The first serves, though Docker's check fails; the second does not.
                talk.probe(.passed)
                talk.probe(.timedOut, second)
                talk.look()
            }
        }
        talk.probe(.passed)
        talk.probe(.passed, second)
        for _ in 0..<65 {
            talk.wait(1)
            talk.probe(.passed)
            talk.probe(.passed, second)
        }
        both(&talk, for: 8)
        #expect(talk.actions.map(\.id) == [second])
        talk.docker(.unhealthy, .failed)
        talk.succeeds(second)
        both(&talk, for: 30)
        #expect(!talk.actions.map(\.id).contains(Conversation.app))
        talk.succeeds(second)
        for _ in 0..<10 {
            talk.wait(1)
            talk.probe(.passed)
            talk.probe(.passed, second)
        }
        talk.docker(.healthy, .passed, second)
        talk.wait(1)
        #expect(talk.actions.last?.id == Conversation.app)
    }

    private static let names = (1...6).map { "s\($0)" }

    /// Six services, all of them unhealthy at once.
    private func allIll() -> Conversation {
        var talk = Conversation(Dictionary(uniqueKeysWithValues: Self.names.map { ($0, []) }))
        for name in Self.names { talk.runs(name) }
        talk.wait(65)
        for name in Self.names { talk.docker(.unhealthy, .failed, ServiceID(name)) }
        talk.wait(1)
        return talk
    }

    @Test("when that time is over, the next one is told of anew")
    func epidemicEnds() {
        var talk = self.allIll()
        #expect(talk.heard().contains("host_trouble"))
        for name in Self.names { talk.docker(.healthy, .passed, ServiceID(name)) }
        for id in talk.actions.map(\.id) { talk.succeeds(id) }
        for id in talk.actions.map(\.id) { talk.docker(.healthy, .passed, id) }
        talk.wait(700)
        for name in Self.names { talk.docker(.healthy, .passed, ServiceID(name)) }
        _ = talk.heard()
        for name in Self.names { talk.docker(.unhealthy, .failed, ServiceID(name)) }
        talk.wait(1)
        #expect(talk.heard().count { $0 == "host_trouble" } == 1)
    }

    @Test("most services at once: said once, and healed one by one until one of them is better")
    func epidemic() {
        var talk = self.allIll()
        let first = talk.actions.count
        #expect(first <= 3)
        #expect(talk.heard().count { $0 == "host_trouble" } == 1)
        talk.wait(14)
        #expect(talk.actions.count == first)
        // The first one is well again: the others follow, four at a time.
        for id in talk.actions.map(\.id) {
            talk.succeeds(id)
            talk.docker(.healthy, .passed, id)
        }
        for name in Self.names { talk.look(name) }
        #expect(talk.actions.count > first)
        #expect(talk.actions.count <= first + 4)
    }
}
