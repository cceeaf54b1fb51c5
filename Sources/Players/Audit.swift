import Backgammon

/// Compares what players were promised with what the server kept. Pure.
struct Audit: Hashable {
    /// Acknowledged commands that the history does not have as they were acknowledged.
    private(set) var lost = 0
    /// Commands that were carried out more than once.
    private(set) var duplicated = 0
    /// Games that are no whole match by the rules.
    private(set) var illegal = 0
    /// All of that in words.
    private(set) var faults: [String] = []

    /// Takes in one game, its history and both who played it.
    mutating func add(_ events: [HistoryEvent], of game: String, length: Int, seats: [Seat]) {
        for seat in seats { self.compare(events, with: seat) }
        do throws(Replay.Violation) {
            try Replay.check(events, length: length)
        } catch {
            self.illegal += 1
            self.faults.append("game \(game): \(error)")
        }
    }

    private mutating func compare(_ events: [HistoryEvent], with seat: Seat) {
        let own = events.filter { $0.player == seat.side.rawValue && $0.command != nil }
        let found = Dictionary(grouping: own) { $0.command ?? "" }
        for (id, events) in found where events.count > 1 {
            self.duplicated += events.count - 1
            self.faults.append("game \(seat.game): \(id) was carried out \(events.count) times")
        }
        let promised = Set(seat.acknowledged.map(\.command.id))
        for id in found.keys where !promised.contains(id) {
            self.faults.append("game \(seat.game): \(id) was carried out, but not acknowledged")
        }
        for promise in seat.acknowledged {
            let command = promise.command
            if let event = found[command.id]?.first, event.seq == command.seq + 1, promise.seq >= event.seq,
                promise.seq <= events.count, event.event == HistoryEvent.made(by: command.choice.type),
                command.choice.type != "move" || event.moves == command.choice.moves
            {
                continue
            }
            self.lost += 1
            self.faults.append(
                "game \(seat.game): \(command.id), \(command.choice.type) at \(command.seq), is not in the history")
        }
    }
}
