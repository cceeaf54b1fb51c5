import EventLoop
import Testing

@testable import Players

@Suite("Outages")
struct OutagesTests {
    init() { Loop.startThread() }

    @Test("one kill is one outage of all, however late some meet it, and the next kill is another")
    @Loop func kills() {
        let outages = Outages()
        for player in 1...4 { outages.acknowledged(player) }
        #expect(outages.ofAll.isEmpty && outages.ofPlayers.isEmpty)
        for kill in 1...3 {
            for player in 1...2 { outages.trouble(of: player) }
            // On its way before.
            outages.acknowledged(4)
            #expect(outages.ofAll.count == kill - 1)
            outages.acknowledged(1)
            #expect(outages.ofAll.count == kill)
            // A connection that was in no use until now, and one that is refused once more.
            outages.trouble(of: 3)
            outages.trouble(of: 2)
            outages.acknowledged(3)
            outages.acknowledged(2)
            outages.acknowledged(4)
            #expect(outages.ofAll.count == kill)
            #expect(outages.ofPlayers.count == 3 * kill)
        }
    }

    @Test("an outage lasts from the first sign to the first that was in trouble and is served")
    @Loop func length() async throws {
        let outages = Outages()
        outages.trouble(of: 1)
        try await Loop.sleep(for: .milliseconds(20))
        outages.trouble(of: 2)
        try await Loop.sleep(for: .milliseconds(20))
        outages.acknowledged(2)
        outages.acknowledged(1)
        #expect(outages.ofAll.count == 1 && outages.ofPlayers.count == 2)
        #expect(try #require(outages.ofAll.first) >= .milliseconds(40))
        #expect(try #require(outages.ofPlayers.first) < (try #require(outages.ofPlayers.last)))
    }
}
