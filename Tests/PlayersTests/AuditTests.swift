import Backgammon
import Support
import Testing

@testable import Players

@Suite("The audit")
struct AuditTests {
    private static func audit(_ events: [HistoryEvent], _ seats: [Seat], length: Int = 1) -> Audit {
        var audit = Audit()
        audit.add(events, of: "7", length: length, seats: seats)
        return audit
    }

    @Test("finds nothing in a history that has what was acknowledged", arguments: UInt64(0)..<5)
    func clean(seed: UInt64) throws {
        let (game, seats) = try SeatTests.play(seed: seed, length: 1)
        #expect(Self.audit(try game.historyEvents(), seats) == Audit())
    }

    @Test("finds an acknowledged command that the history has lost, wherever it was", arguments: UInt64(0)..<5)
    func lost(seed: UInt64) throws {
        let (game, seats) = try SeatTests.play(seed: seed, length: 1)
        var events = try game.historyEvents()
        var random = SplitMix64(seed: seed)
        let commands = events.indices.filter { events[$0].command != nil }
        events.remove(at: try #require(commands.randomElement(using: &random)))
        let audit = Self.audit(events, seats)
        #expect(audit.lost > 0)
        #expect(audit.illegal == 1)
    }

    @Test("finds all that was lost with the end of a history")
    func cut() throws {
        let (game, seats) = try SeatTests.play(seed: 4, length: 1)
        let events = try game.historyEvents()
        let kept = Array(events.prefix(events.count / 2))
        let made = kept.count { $0.command != nil }
        let audit = Self.audit(kept, seats)
        let promised = seats.flatMap(\.acknowledged).count
        #expect(audit.lost == promised - made || audit.lost == promised - made + 1)
        #expect(audit.illegal == 1)
    }

    @Test("finds a command that was carried out twice")
    func twice() throws {
        let (game, seats) = try SeatTests.play(seed: 5, length: 1)
        var events = try game.historyEvents()
        let index = try #require(events.lastIndex { $0.command != nil })
        events.insert(events[index], at: index)
        #expect(Self.audit(events, seats).duplicated == 1)
        #expect(Self.audit(events, seats).illegal == 1)
    }

    @Test("finds a move that is another one than was acknowledged")
    func changed() throws {
        let (game, seats) = try SeatTests.play(seed: 6, length: 1)
        var events = try game.historyEvents()
        let index = try #require(events.lastIndex { $0.event == "moved" && $0.command != nil })
        events[index].moves = (events[index].moves ?? []) + [[1, 0]]
        #expect(Self.audit(events, seats).lost == 1)
    }

    @Test("a replay tells a wrong winner, wrong points and an end that is missing")
    func replay() throws {
        let (game, _) = try SeatTests.play(seed: 8, length: 1)
        let events = try game.historyEvents()
        try Replay.check(events, length: 1)
        #expect(throws: Replay.Violation.self) { try Replay.check(Array(events.dropLast()), length: 1) }
        let end = try #require(events.lastIndex { $0.event == "game_over" })
        var wrong = events
        wrong[end].winner = events[end].winner == "white" ? "black" : "white"
        #expect(throws: Replay.Violation.self) { try Replay.check(wrong, length: 1) }
        wrong = events
        wrong[end].points = 64
        #expect(throws: Replay.Violation.self) { try Replay.check(wrong, length: 1) }
    }
}
