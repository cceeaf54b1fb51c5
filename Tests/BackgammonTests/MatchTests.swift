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

    @Test("the cube rests in the Crawford game, and only in that one")
    func crawford() throws {
        var match = try Self.started(Match.Rules(length: 3))
        try match.apply(.resign(.gammon), by: .black)
        try match.apply(.acceptResignation, by: .white)
        #expect(match.isCrawford && match.whiteScore == 2)
        try match.apply(.roll(try #require(Dice(3, 1))), by: .white)
        try match.apply(.resign(.plain), by: .white)
        try match.apply(.acceptResignation, by: .black)
        #expect(!match.isCrawford && match.blackScore == 1)
    }

    @Test("under Jacoby a gammon counts once while the cube is in the middle")
    func jacoby() throws {
        var match = try Self.started(Match.Rules(length: 0, jacoby: true))
        try match.apply(.resign(.gammon), by: .black)
        #expect(try match.apply(.acceptResignation, by: .white)?.points == 1)
        #expect(throws: RuleViolation.matchOver) { try match.apply(.double, by: .white) }
    }
}
