import Backgammon

/// Reads IDs of matches and positions. What is read is written as it was, and every play of a position replays.
func fuzzIDs(_ input: UnsafeRawBufferPointer) -> CInt {
    let text = String(decoding: input, as: UTF8.self)
    if let match = try? MatchID(text: text) {
        let again = try? MatchID(text: match.text)
        precondition(again == match, "a match ID changes")
    }
    for player in [Player.white, .black] {
        guard let position = try? Position(id: text, onRoll: player) else { continue }
        let again = try? Position(id: position.id(onRoll: player), onRoll: player)
        precondition(again == position, "a position ID changes")
        let sum = input.reduce(0) { $0 + Int($1) }
        guard let dice = Dice(1 + sum % 6, 1 + sum / 6 % 6) else { fatalError("no dice") }
        for play in position.plays(for: player, dice: dice) {
            let next = try? position.playing(play.play, by: player, dice: dice)
            precondition(next == play.position, "a legal play does not replay")
        }
    }
    return 0
}
