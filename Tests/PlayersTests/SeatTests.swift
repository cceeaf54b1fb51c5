import Backgammon
import Support
import Testing

@testable import Players

@Suite("A seat at a game")
struct SeatTests {
    /// A whole game between two seats, without sockets.
    static func play(seed: UInt64, length: Int) throws -> (game: TestGame, seats: [Seat]) {
        var game = try TestGame(7, length: length, seed: seed)
        var random = SplitMix64(seed: ~seed)
        var seats = Player.allCases.map { Seat(game: "7", side: $0) }
        for index in 0...1 {
            for news in game.news(after: 0) { try seats[index].hear(news) }
        }
        while !seats.allSatisfy(\.isOver) {
            for index in 0...1 {
                guard let command = seats[index].choose(using: &random) else { continue }
                let before = game.events.count
                let answer = try game.answer(command.message, of: seats[index].side)
                for other in 0...1 {
                    for news in game.news(after: before) { try seats[other].hear(news) }
                }
                let reaction = try seats[index].hear(answer)
                try #require(reaction == .acknowledged)
            }
            try #require(game.events.count < 20_000)
        }
        return (game, seats)
    }

    /// The seat of the one whose turn it is, with all that has happened.
    private static func seat(at game: TestGame) throws -> Seat {
        let player = try #require(game.turn.flatMap { Player(rawValue: $0) })
        var seat = Seat(game: "7", side: player)
        for news in game.news(after: 0) { try seat.hear(news) }
        return seat
    }

    private static func isSilent(_ seat: inout Seat) -> Bool {
        var random = SplitMix64(seed: 0)
        return seat.choose(using: &random) == nil
    }

    @Test("two seats bring every match to its end without a fault", arguments: [0, 1, 3])
    func plays(length: Int) throws {
        for seed in UInt64(0)..<3 {
            let (game, seats) = try Self.play(seed: seed, length: length)
            #expect(seats.flatMap(\.faults) == [])
            #expect(seats.flatMap(\.acknowledged).count > 1)
            #expect(try game.historyEvents().last?.event == "match_over")
        }
    }

    @Test("a seat sends the same command until it is acknowledged, and no other meanwhile")
    func repeats() throws {
        var game = try TestGame(7, seed: 3)
        var random = SplitMix64(seed: 3)
        var seat = try Self.seat(at: game)
        let choice = seat.choose(using: &random)
        let command = try #require(choice)
        var isSilent = Self.isSilent(&seat)
        #expect(isSilent)
        let again = try seat.hear(
            #"{"type":"error","re":"\#(command.id)","code":"unavailable","retry":true,"retryAfterMs":200}"#)
        #expect(again == .sendAgain(afterMs: 200))
        #expect(seat.waiting == command)
        isSilent = Self.isSilent(&seat)
        #expect(isSilent)
        let answer = try game.answer(command.message, of: seat.side)
        let repeated = try game.answer(command.message, of: seat.side)
        #expect(repeated == answer)
        let reactions = [try seat.hear(answer), try seat.hear(answer)]
        #expect(reactions == [.acknowledged, .nothing])
        #expect(seat.acknowledged.map(\.command) == [command])
        // What it brought about has not been seen yet.
        isSilent = Self.isSilent(&seat)
        #expect(isSilent)
    }

    @Test("an event that comes twice is skipped, and a hole among events is a fault that asks for the game anew")
    func events() throws {
        let (game, _) = try SeatTests.play(seed: 1, length: 1)
        let news = game.news(after: 0)
        var seat = Seat(game: "7", side: .white)
        let twice = [try seat.hear(news[0]), try seat.hear(news[0])]
        #expect(twice == [.nothing, .nothing])
        #expect(seat.seq == 1)
        #expect(seat.faults == [])
        let hole = try seat.hear(news[2])
        #expect(hole == .resume(afterMs: 0))
        #expect(seat.seq == 1)
        #expect(seat.faults.count == 1)
    }

    @Test("a command that is refused is a fault, and is not sent again")
    func refusal() throws {
        let game = try TestGame(7, seed: 3)
        var random = SplitMix64(seed: 3)
        var seat = try Self.seat(at: game)
        let choice = seat.choose(using: &random)
        let command = try #require(choice)
        _ = try seat.hear(#"{"type":"error","re":"\#(command.id)","code":"illegal_move","retry":false}"#)
        #expect(seat.waiting == nil)
        #expect(seat.faults.count == 1)
        let isSilent = Self.isSilent(&seat)
        #expect(isSilent)
    }
}
