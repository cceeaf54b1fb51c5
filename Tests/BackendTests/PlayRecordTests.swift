import Backgammon
import Support
import Testing

@testable import Backend

/// The pure part of play: events out of commands, with dice and moments of the test's own.
@Suite("The record of a game")
struct PlayRecordTests {
    /// Throws the dice that it was given, in order; then 2 and 1 for ever.
    private final class Cup {
        private var rolls: [(Int, Int)]

        init(_ rolls: [(Int, Int)]) { self.rolls = rolls }

        func roll() -> Dice {
            let (first, second) = self.rolls.isEmpty ? (2, 1) : self.rolls.removeFirst()
            // The tests give what dice have.
            return Dice(first, second) ?? SplitMix64Dice.roll(0)
        }
    }

    /// Dice out of a seed.
    private enum SplitMix64Dice {
        static func roll(_ seed: UInt64) -> Dice {
            var random = SplitMix64(seed: seed)
            while true {
                if let dice = Dice(Int.random(in: 1...6, using: &random), Int.random(in: 1...6, using: &random)) {
                    return dice
                }
            }
        }
    }

    private static func terms(
        _ length: Int, beavers: Bool = false, clock: GameClock.Control? = nil
    ) throws -> Game.Terms {
        Game.Terms(rules: try #require(Match.Rules(length: length, beavers: beavers)), clock: clock)
    }

    private static func begin(
        _ length: Int, beavers: Bool = false, clock: GameClock.Control? = nil, _ first: (Int, Int) = (3, 1)
    ) throws -> GameRecord {
        GameRecord.begin(try Self.terms(length, beavers: beavers, clock: clock), at: 0, roll: Cup([first]).roll).record
    }

    private static func play(_ steps: [(Int, Int)]) throws -> Command {
        .move(try #require(Play(steps.map { CheckerMove(from: $0.0, to: $0.1) })))
    }

    private static func names(_ step: GameRecord.Step) -> [String] {
        step.events.map(\.kind.name)
    }

    private static func apply(
        _ record: inout GameRecord, _ command: Command, _ player: Player, at now: Int = 0,
        _ rolls: [(Int, Int)] = []
    ) throws -> GameRecord.Step {
        let step = try record.applying(
            command, id: "c", by: player, due: record.since, at: now, roll: Cup(rolls).roll)
        record = step.record
        return step
    }

    @Test("begins with the first roll that is no tie, told as one event, and who rolled more is to move")
    func opening() throws {
        let step = GameRecord.begin(try Self.terms(1), at: 7, roll: Cup([(3, 3), (6, 6), (2, 5)]).roll)
        #expect(step.events.count == 1 && step.record.seq == 1 && step.record.turn == .black)
        #expect(step.events[0].kind == .started(whiteDie: 2, blackDie: 5, turn: .black, gameNumber: 1))
        #expect(step.events[0].at == 7)
    }

    @Test("passes for a player who can't move: rolled and moved without steps, in one step")
    func stuck() throws {
        // White has a checker on the bar and black holds all six points of his home.
        let white = (1...25).map { $0 == 25 ? 1 : $0 == 1 ? 14 : 0 }
        let black = (1...25).map { $0 <= 6 ? 2 : $0 == 7 ? 3 : 0 }
        let position = try #require(Position(white: white, black: black))
        var id = MatchID()
        (id.length, id.onRoll, id.turn) = (1, .white, .white)
        let code = "\(position.id(onRoll: .white)):\(id.text):r"
        var record = GameRecord(match: try Match(code: code), seq: 5, since: 0, gameNumber: 1)
        let step = try Self.apply(&record, .roll, .white, [(6, 5)])
        #expect(Self.names(step) == ["rolled", "moved"] && record.seq == 7 && record.turn == .black)
        #expect(step.events.map(\.command) == ["c", nil] && step.events.map(\.player) == [.white, nil])
    }

    @Test("a dropped double ends the game and begins the next one in the same step")
    func drop() throws {
        var record = try Self.begin(3)
        _ = try Self.apply(&record, Self.play([(8, 5), (6, 5)]), .white)
        #expect(Self.names(try Self.apply(&record, .double, .black)) == ["doubled"])
        let step = try Self.apply(&record, .drop, .white, [(1, 6)])
        #expect(Self.names(step) == ["dropped", "game_over", "started"])
        #expect(record.match.score(of: .black) == 1 && record.gameNumber == 2 && record.turn == .black)
        #expect(record.lastGame == GameRecord.LastGame(winner: .black, kind: .plain, points: 1) && record.end == nil)
        #expect(step.events.map(\.seq) == Array(record.seq - 2...record.seq))
    }

    @Test("an accepted resignation that wins the match is its end")
    func resignation() throws {
        var record = try Self.begin(2)
        #expect(Self.names(try Self.apply(&record, .resign(.plain), .black)) == ["resignation_offered"])
        #expect(record.turn == .white)
        #expect(Self.names(try Self.apply(&record, .reject, .white)) == ["resignation_rejected"])
        #expect(record.turn == .white)
        _ = try Self.apply(&record, .resign(.gammon), .black)
        #expect(Self.names(try Self.apply(&record, .accept, .white)) == ["game_over", "match_over"])
        #expect(record.end == MatchEnd(winner: .white, reason: .points) && record.turn == nil)
        for command in [Command.roll, .resignMatch, .accept] {
            #expect(throws: RuleViolation.matchOver) {
                try record.applying(command, id: "x", by: .white, due: 0, at: 0, roll: Cup([]).roll)
            }
        }
    }

    @Test("either player gives up the match whoever's turn it is", arguments: Player.allCases)
    func resignMatch(_ player: Player) throws {
        var record = try Self.begin(7)
        #expect(Self.names(try Self.apply(&record, .resignMatch, player)) == ["match_over"])
        #expect(record.end == MatchEnd(winner: player.opponent, reason: .resigned))
    }

    @Test("a beaver offers four times the value, and leaves the cube with who doubled back")
    func beaver() throws {
        var record = try Self.begin(0, beavers: true)
        _ = try Self.apply(&record, Self.play([(8, 5), (6, 5)]), .white)
        #expect(try Self.apply(&record, .double, .black).events[0].kind == .doubled(value: 2))
        #expect(try Self.apply(&record, .beaver, .white).events[0].kind == .beavered(value: 4))
        #expect(try Self.apply(&record, .take, .black).events[0].kind == .taken(value: 4))
        #expect(record.match.cube.owner == .white && record.turn == .black)
    }

    @Test("names the rule that forbids a command")
    func forbidden() throws {
        let record = try Self.begin(1)
        let cases: [(Command, Player, RuleViolation)] = [
            (.roll, .black, .notYourTurn), (.roll, .white, .wrongPhase), (.take, .white, .wrongPhase),
            (.accept, .white, .wrongPhase), (.reject, .white, .wrongPhase), (.reject, .black, .notYourTurn),
            (try Self.play([]), .white, .mustUseBothDice), (try Self.play([(8, 4), (6, 5)]), .white, .dieNotRolled),
            (try Self.play([(12, 11)]), .white, .noCheckerThere), (try Self.play([(8, 5)]), .white, .mustUseBothDice),
        ]
        for (command, player, rule) in cases {
            #expect(throws: rule) {
                try record.applying(command, id: "x", by: player, due: 0, at: 0, roll: Cup([]).roll)
            }
        }
    }

    @Test("takes thinking beyond the delay off the reserve, and ends the match only after the grace")
    func clock() throws {
        let control = GameClock.Control(reserveSeconds: 10, delaySeconds: 3)
        var record = try Self.begin(3, clock: control)
        _ = try Self.apply(&record, Self.play([(8, 5), (6, 5)]), .white, at: 5_000)
        #expect(record.clock?.left == PerSide(white: 8_000, black: 10_000) && record.since == 5_000)
        // Black's deadline is at 18 s, and 5 s more are given.
        #expect(record.timingOut(due: 5_000, at: 23_000) == nil)
        // An outage until 10 s has moved it.
        #expect(record.timingOut(due: 10_000, at: 28_000) == nil)
        let step = try #require(record.timingOut(due: 5_000, at: 23_001))
        #expect(Self.names(step) == ["match_over"])
        #expect(step.record.end == MatchEnd(winner: .white, reason: .timeout) && step.record.clock?.left.black == 0)
    }

    @Test("comes back as it was from its row, at every step of random matches", arguments: 0..<20 as Range<UInt64>)
    func rows(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let control = seed % 2 == 0 ? GameClock.Control(reserveSeconds: 100, delaySeconds: 1) : nil
        let roll = { SplitMix64Dice.roll(random.next()) }
        let terms = try Self.terms(Int(seed % 4), beavers: seed % 4 == 0, clock: control)
        var record = GameRecord.begin(terms, at: 0, roll: roll).record
        var now = 0
        var steps = 0
        while let turn = record.turn, steps < 5_000 {
            steps += 1
            now += Int(seed) * 10
            let commands: [Command] =
                switch record.match.phase {
                case .openingRoll, .over: []
                case .toRoll: [.roll, .roll, .roll, .roll, .double, .resign(.plain)]
                case .toPlay(let dice): record.match.position.plays(for: turn, dice: dice).map { .move($0.play) }
                case .doubled: [.take, .drop, .beaver]
                case .beavered: [.take]
                case .resigning: [.reject]
                }
            let command = try #require(commands.randomElement(using: &random))
            guard
                let step = try? record.applying(
                    command, id: "c", by: turn, due: record.since, at: now, roll: roll)
            else { continue }
            #expect(step.events.map(\.seq) == Array(record.seq + 1...step.record.seq))
            record = step.record
            let copy = GameRecord(
                stateText: record.stateText, seq: record.seq, since: record.since, clock: control,
                left: record.clock?.left)
            #expect(copy == record)
        }
        #expect(record.end?.reason == .points)
    }

    @Test("no text but a row's own is read as a record")
    func garbage() throws {
        let good = try Self.begin(1).stateText
        #expect(GameRecord(stateText: good, seq: 1, since: 0, clock: nil, left: nil) != nil)
        for text in ["", " ", good + " ", String(good.dropLast(4)), good.replacing("1 - -", with: "x - -"), good + ":"]
        {
            #expect(GameRecord(stateText: text, seq: 1, since: 0, clock: nil, left: nil) == nil)
        }
        let control = GameClock.Control(reserveSeconds: 10, delaySeconds: 0)
        #expect(GameRecord(stateText: good, seq: 1, since: 0, clock: control, left: nil) == nil)
    }
}
