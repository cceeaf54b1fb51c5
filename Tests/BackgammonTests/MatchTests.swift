import Backgammon
import Testing

@Suite("A match")
struct MatchTests {
    static func started(_ rules: Match.Rules?) throws -> Match {
        var match = Match(try #require(rules))
        try match.apply(.roll(try #require(Dice(3, 1))), by: .black)
        return match
    }

    @Test("ties of the opening roll are rolled again, then the higher die begins with both")
    func opening() throws {
        var match = Match(try #require(Match.Rules(length: 3)))
        try match.apply(.roll(try #require(Dice(4, 4))), by: .white)
        #expect(match.phase == .openingRoll)
        try match.apply(.roll(try #require(Dice(2, 5))), by: .white)
        #expect(match.turn == .black)
    }

    @Test("who is not on turn, or in another phase, changes nothing")
    func refused() throws {
        var match = try Self.started(Match.Rules(length: 3))
        let before = match
        #expect(throws: RuleViolation.notYourTurn) { try match.apply(.play(Play()), by: .black) }
        #expect(throws: RuleViolation.mustUseBothDice) { try match.apply(.play(Play()), by: .white) }
        #expect(throws: RuleViolation.wrongPhase) { try match.apply(.double, by: .white) }
        #expect(match == before)
    }

    @Test("a taken cube belongs to who took it, a dropped one ends the game at its old value")
    func cube() throws {
        var match = try Self.started(Match.Rules(length: 5))
        let dice = try #require(Dice(3, 1))
        try match.apply(.play(match.position.plays(for: .white, dice: dice)[0].play), by: .white)
        try match.apply(.double, by: .black)
        try match.apply(.take, by: .white)
        #expect(match.cube.value == 2 && match.cube.owner == .white)
        try match.apply(.roll(dice), by: .black)
        try match.apply(.play(match.position.plays(for: .black, dice: dice)[0].play), by: .black)
        try match.apply(.double, by: .white)
        let result = try match.apply(.drop, by: .black)
        #expect(result?.points == 2 && result?.winner == .white && match.whiteScore == 2)
    }

    /// The dice are played by whoever has them, with the first play there is.
    private static func playDice(_ match: inout Match) throws {
        guard case .toPlay(let dice) = match.phase else { throw RuleViolation.wrongPhase }
        let play = match.position.plays(for: match.onRoll, dice: dice).first?.play ?? Play()
        try match.apply(.play(play), by: match.onRoll)
    }

    @Test("nobody doubles in the Crawford game, and both may again in the games behind it")
    func crawford() throws {
        var match = try Self.started(Match.Rules(length: 3))
        #expect(!match.isCrawford)
        try match.apply(.resign(.gammon), by: .black)
        try match.apply(.acceptResignation, by: .white)
        #expect(match.isCrawford && match.whiteScore == 2)
        try match.apply(.roll(try #require(Dice(3, 1))), by: .white)
        for _ in 0..<2 {
            try Self.playDice(&match)
            let (before, player) = (match, match.onRoll)
            #expect(match.phase == .toRoll)
            #expect(throws: RuleViolation.crawfordGame) { try match.apply(.double, by: player) }
            #expect(match == before)
            try match.apply(.roll(try #require(Dice(2, 1))), by: player)
        }
        try match.apply(.resign(.plain), by: .white)
        try match.apply(.acceptResignation, by: .black)
        #expect(!match.isCrawford && match.blackScore == 1)
        // Post-Crawford: the leader is at one point from winning still, and the cube is alive.
        try match.apply(.roll(try #require(Dice(1, 3))), by: .white)
        try Self.playDice(&match)
        #expect(match.onRoll == .white)
        try match.apply(.double, by: .white)
        try match.apply(.take, by: .black)
        #expect(match.cube.value == 2 && match.cube.owner == .black)
    }

    @Test("who is doubled beavers where that was agreed, keeps the cube, and what is dropped then counts twice")
    func beaver() throws {
        for isDropped in [true, false] {
            var match = try Self.started(Match.Rules(length: 0, beavers: true))
            try Self.playDice(&match)
            try match.apply(.double, by: .black)
            #expect(throws: RuleViolation.notYourTurn) { try match.apply(.beaver, by: .black) }
            try match.apply(.beaver, by: .white)
            // Now the one who doubled answers: he plays for four, or gives up two.
            #expect(match.phase == .beavered && match.turn == .black)
            #expect(throws: RuleViolation.wrongPhase) { try match.apply(.beaver, by: .black) }
            #expect(throws: RuleViolation.notYourTurn) { try match.apply(.take, by: .white) }
            if isDropped {
                let result = try match.apply(.drop, by: .black)
                #expect(result?.winner == .white && result?.points == 2)
            } else {
                try match.apply(.take, by: .black)
                #expect(match.cube.value == 4 && match.cube.owner == .white && match.turn == .black)
                #expect(match.doubleObstacle == .cubeNotYours)
            }
        }
        for rules in [Match.Rules(length: 0), Match.Rules(length: 5, beavers: true)] {
            var match = try Self.started(rules)
            try Self.playDice(&match)
            try match.apply(.double, by: .black)
            #expect(throws: RuleViolation.beaversOff) { try match.apply(.beaver, by: .white) }
        }
    }

    @Test("under Jacoby a gammon counts once while the cube is in the middle")
    func jacoby() throws {
        var match = try Self.started(Match.Rules(length: 0, jacoby: true))
        try match.apply(.resign(.gammon), by: .black)
        #expect(try match.apply(.acceptResignation, by: .white)?.points == 1)
        #expect(throws: RuleViolation.matchOver) { try match.apply(.double, by: .white) }
    }
}
