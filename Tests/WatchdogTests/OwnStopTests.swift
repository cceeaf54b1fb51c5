import Docker
import Healing
import Testing

@testable import Watchdog

@Suite("A stop of ours")
struct OwnStopTests {
    private static func signal(_ time: Int64, of container: String = "c") -> EngineEvent {
        EngineEvent(id: container, action: "kill", detail: nil, attributes: [:], timeNano: time)
    }

    @Test("is joined by whoever sends a second signal, be it a kill before the grace is over")
    func joined() {
        for number in [15, 9] {
            var stop = OwnStop(of: "c", killsAt: Moment(.seconds(10)))
            stop.heard(Self.signal(1), number: 15, at: Moment(.seconds(1)))
            #expect(!stop.isJoined)
            stop.heard(Self.signal(2), number: number, at: Moment(.seconds(9)))
            #expect(stop.isJoined)
        }
    }

    @Test("is nobody else's for the engine's own kill, a signal that is told twice, and one of another container")
    func alone() {
        var stop = OwnStop(of: "c", killsAt: Moment(.seconds(10)))
        stop.heard(Self.signal(1), number: 15, at: Moment(.seconds(1)))
        stop.heard(Self.signal(1), number: 15, at: Moment(.seconds(2)))
        stop.heard(Self.signal(2, of: "d"), number: 15, at: Moment(.seconds(3)))
        stop.heard(Self.signal(3), number: 9, at: Moment(.seconds(10)))
        #expect(!stop.isJoined)
        #expect(stop.grace(at: Moment(.seconds(4))) == .seconds(6) && stop.grace(at: Moment(.seconds(11))) == .zero)
    }
}
