import Healing
import Testing

@Suite("Found by the simulation, of services that share a network")
struct SharedNetworkSeedTests {
    /// `side` lives in the network of `app`.
    private func sharing() -> Conversation {
        var talk = Conversation(["app": [], "side": ["app"]], relations: ["side": Relations(networkOf: "app")])
        talk.runs("app")
        talk.probe(.passed)
        talk.runs("side") { $0.networkContainer = "app-1" }
        talk.probes(.passed, for: 5)
        return talk
    }

    private static let side = ServiceID("side")

    /// It is looked at, and by a clock that was set back it began only after that.
    private func isSeenAstray(_ id: ServiceID, _ talk: inout Conversation, by time: Duration = .zero) {
        let now = talk.now
        talk.silently(id) { $0.started = now + time }
        let seen = talk.containers[id].map { [1: $0] } ?? [:]
        talk.say(.observed(service: id.service, containers: seen, asOf: now - .milliseconds(100)))
        talk.examine(id)
    }

    @Test("who was cut off and restarted is looked at before it is called cut off again")
    func cutOffOnce() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Self.side])
        talk.wait(25)
        talk.beginsRun(Self.side)
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.wait(0.5)
        talk.look("side")
        talk.wait(10)
        #expect(talk.actions.count == 1)
    }

    @Test("who was found cut off is restarted, though a clock that was set back hides it from the next watchdog")
    func cutOffAndAClockSetBack() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        talk.restoreFromJournal()
        talk.wait(1)
        talk.look()
        self.isSeenAstray(Self.side, &talk)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.map(\.id) == [Self.side, Self.side])
        talk.succeeds(Self.side)
        talk.docker(.healthy, .passed, Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 2)
    }

    @Test("who may be cut off since a moment ago is not called well")
    func cutOffJustNow() {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        #expect(talk.verdict(Self.side) == .suspect)
    }

    @Test("a run that seems to begin after it was looked at cuts nobody off")
    func hostAstray() {
        var talk = self.sharing()
        talk.restoreFromJournal()
        talk.wait(1)
        self.isSeenAstray(Conversation.app, &talk)
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.isEmpty)
    }

    @Test("who was seen running before its host began a run is cut off, whatever the clock says of its own beginning")
    func guestAstray() {
        var talk = self.sharing()
        talk.restoreFromJournal()
        talk.wait(1)
        talk.look()
        self.isSeenAstray(Self.side, &talk, by: .seconds(600))
        talk.probes(.passed, for: 5)
        talk.beginsRun()
        talk.look()
        talk.probes(.passed, for: 10)
        #expect(talk.actions.map(\.id) == [Self.side])
    }

    /// `side` was cut off, and is being restarted for it: its new run has just begun.
    private func mending() -> Conversation {
        var talk = self.sharing()
        talk.beginsRun()
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        talk.beginsRun(Self.side)
        return talk
    }

    @Test("who was cut off and restarted is not so once more because a clock was set back right after that")
    func mendedAndAClockSetBack() {
        var talk = self.mending()
        let now = talk.now
        talk.silently(Self.side) { $0.started = now + .seconds(600) }
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 1)
    }

    @Test("who was cut off and restarted is not so once more because another watchdog with another clock takes over")
    func mendedBeforeTheTakeover() {
        var talk = self.mending()
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.restoreFromJournal()
        talk.wait(1)
        talk.look()
        self.isSeenAstray(Self.side, &talk)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 1)
    }

    @Test("who was made anew in a new network is not so once more because a clock was set forward right after that")
    func madeAnewAndAClockSetForward() {
        var talk = self.sharing()
        talk.beginsRun(container: "app-2")
        talk.look()
        while talk.actions.isEmpty { talk.probes(.passed, for: 1) }
        #expect(talk.actions.last?.kind.name == "recreate")
        talk.wait(0.2)
        talk.beginsRun(Self.side, container: "side-2")
        let told = talk.now - .seconds(1_300)
        talk.silently(Self.side) {
            $0.started = told
            $0.networkContainer = "app-2"
        }
        talk.say(.actionEnded(Self.side, .succeeded))
        talk.look("side")
        talk.examine(Self.side)
        talk.probes(.passed, for: 60)
        #expect(talk.actions.count == 1)
    }
}
