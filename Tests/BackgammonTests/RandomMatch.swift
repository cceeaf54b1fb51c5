import Backgammon
import Support

/// Plays a match with random legal actions and tells each step.
func playRandomMatch(
    seed: UInt64, rules: Match.Rules, each: (Match, MatchRecord.Event, Match) throws -> Void = { _, _, _ in }
) throws -> (record: MatchRecord, results: [GameResult]) {
    var random = SplitMix64(seed: seed)
    var record = MatchRecord(rules)
    var results: [GameResult] = []
    for _ in 0..<100_000 {
        let before = record.match
        if case .over = before.phase { break }
        let action = try randomAction(in: before, using: &random)
        let mayBeOther = if case .resign = action { Bool.random(using: &random) } else { false }
        let turn = before.turn ?? .white
        let event = MatchRecord.Event(mayBeOther ? turn.opponent : turn, action)
        if let result = try record.append(event) { results.append(result) }
        try each(before, event, record.match)
    }
    return (record, results)
}

private func randomAction(in match: Match, using random: inout SplitMix64) throws -> Match.Action {
    let chance = Int.random(in: 0..<100, using: &random)
    let kind = WinKind.allCases.randomElement(using: &random) ?? .plain
    switch match.phase {
    case .openingRoll, .toRoll:
        if match.phase == .toRoll, chance < 2 { return .resign(kind) }
        if match.doubleObstacle == nil, chance < 12 { return .double }
        return .roll(try rolled(&random))
    case .toPlay(let dice):
        if chance < 1 { return .resign(kind) }
        let legal = match.position.plays(for: match.onRoll, dice: dice)
        return .play(legal.randomElement(using: &random)?.play ?? Play())
    case .doubled:
        if match.rules.beavers, match.cube.value * 4 <= Match.Cube.valueMax, chance < 30 { return .beaver }
        return chance < 85 ? .take : .drop
    case .beavered: return chance < 80 ? .take : .drop
    case .resigning: return chance < 20 ? .acceptResignation : .rejectResignation
    case .over: throw RuleViolation.matchOver
    }
}

func rolled(_ random: inout SplitMix64) throws -> Dice {
    guard let dice = Dice(.random(in: 1...6, using: &random), .random(in: 1...6, using: &random)) else {
        throw RuleViolation.dieNotRolled
    }
    return dice
}
