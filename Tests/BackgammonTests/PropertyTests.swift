import Backgammon
import Support
import Testing

@Suite("Whatever is played")
struct PropertyTests {
    static let rules = [Match.Rules(length: 0, jacoby: true, beavers: true), .init(length: 1), .init(length: 7)]

    static func checkers(_ position: Position, _ player: Player) -> Int {
        (0...25).reduce(0) { $0 + position.checkers(of: player, at: $1) }
    }

    @Test(
        "checkers are conserved, every generated play replays, pips never rise by own move", arguments: UInt64(0)..<12)
    func plays(seed: UInt64) throws {
        var rollsSeen = 0
        let rules = try #require(Self.rules[Int(seed % 3)])
        _ = try playRandomMatch(seed: seed, rules: rules) { _, _, match in
            guard case .toPlay(let dice) = match.phase else { return }
            rollsSeen += 1
            let player = match.onRoll
            let legal = match.position.plays(for: player, dice: dice)
            try #require(Set(legal.map(\.position)).count == legal.count)
            try #require(match.position.canPlay(player, dice: dice) == !legal.isEmpty)
            for one in legal {
                try #require(try match.position.playing(one.play, by: player, dice: dice) == one.position)
                try #require(Self.checkers(one.position, .white) == 15)
                try #require(Self.checkers(one.position, .black) == 15)
                try #require(one.position.pips(of: player) < match.position.pips(of: player))
                try #require(one.position.pips(of: player.opponent) >= match.position.pips(of: player.opponent))
            }
        }
        #expect(rollsSeen > 0)
    }

    @Test(
        "a play that is drawn is legal, and there is one whenever anything can be moved", arguments: UInt64(300)..<306)
    func drawnPlays(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var drawn: Set<Int> = []
        let rules = try #require(Self.rules[Int(seed % 3)])
        _ = try playRandomMatch(seed: seed, rules: rules) { _, _, match in
            guard case .toPlay(let dice) = match.phase else { return }
            let legal = match.position.plays(for: match.onRoll, dice: dice)
            for _ in 0..<4 {
                guard let play = match.position.randomPlay(for: match.onRoll, dice: dice, using: &random) else {
                    try #require(legal.isEmpty)
                    return
                }
                let after = try match.position.playing(play, by: match.onRoll, dice: dice)
                try #require(legal.contains { $0.position == after })
                drawn.insert(play.count)
            }
        }
        #expect(drawn.isSuperset(of: [2, 4]))
    }

    @Test("the legal plays are those of a naive brute force", arguments: UInt64(100)..<106)
    func bruteForce(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var compared = 0
        let rules = try #require(Match.Rules(length: 3))
        _ = try playRandomMatch(seed: seed, rules: rules) { _, _, match in
            guard case .toPlay(let dice) = match.phase, Int.random(in: 0..<4, using: &random) == 0 else { return }
            let legal = match.position.plays(for: match.onRoll, dice: dice)
            let boards = Set(legal.map { NaiveBoard($0.position, seenBy: match.onRoll) })
            let naive = NaiveBoard(match.position, seenBy: match.onRoll).legal(dice)
            try #require(boards == naive, "\(match.code)")
            compared += 1
        }
        #expect(compared > 0)
    }

    @Test("codes and IDs round-trip at every step", arguments: UInt64(200)..<212)
    func codes(seed: UInt64) throws {
        let rules = try #require(Self.rules[Int(seed % 3)])
        let (record, results) = try playRandomMatch(seed: seed, rules: rules) { _, _, match in
            try #require(try Match(code: match.code) == match)
            try #require(try MatchID(text: match.matchID.text) == match.matchID)
        }
        #expect(record.match.turn == nil)
        #expect(!results.isEmpty)
        #expect(results.reduce(0) { $0 + $1.points } == record.match.whiteScore + record.match.blackScore)
    }
}

@Suite("Garbage")
struct GarbageTests {
    @Test("random and damaged IDs are refused or mean what they say, and nothing traps", arguments: UInt64(0)..<4)
    func ids(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/:=é\0 ")
        let valid = Match(try #require(Match.Rules(length: 5))).code
        var refused = 0
        for _ in 0..<4000 {
            var text = Array(Bool.random(using: &random) ? valid : "")
            for _ in 0...Int.random(in: 0..<20, using: &random) {
                let letter = letters.randomElement(using: &random) ?? "A"
                if text.isEmpty || Bool.random(using: &random) {
                    text.append(letter)
                } else {
                    text[Int.random(in: 0..<text.count, using: &random)] = letter
                }
            }
            do {
                var match = try Match(code: String(text))
                try #require(match.code == String(text))
                let dice = try rolled(&random)
                for player in Player.allCases {
                    _ = match.position.plays(for: player, dice: dice)
                    _ = try? match.apply(.roll(dice), by: player)
                    _ = try? match.apply(.play(Play()), by: player)
                    _ = try? match.apply(.acceptResignation, by: player)
                }
            } catch is InvalidID { refused += 1 }
            _ = try? Position(id: String(text.prefix(14)), onRoll: .white)
            _ = try? MatchID(text: String(text.prefix(12)))
        }
        #expect(refused > 3000)
    }

    @Test(
        "a refusal says what is wrong",
        arguments: [
            ("4HPwATDgc/ABM", "it must have 14 characters"), ("4HPwATDgc/ABMAA", "it must have 14 characters"),
            ("4HPwATDgc/AB!A", "character 13 is not one of A-Z, a-z, 0-9, + and /"),
            ("4HPwATDgc/ABMB", "its last character has bits beyond the end"),
            ("/////////////w", "a player has more than fifteen checkers"),
            ("AAAAAAAAAAAAAA", "both players hold one point, or both have borne off all checkers"),
        ])
    func reasons(text: String, reason: String) {
        let error = #expect(throws: InvalidID.self) { try Position(id: text, onRoll: .white) }
        #expect(error?.description == "invalid position ID: \(reason)")
    }
}
