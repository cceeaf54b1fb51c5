import Backgammon

/// What a player does next: anything legal, mostly what brings the game forward.
struct Choice: Hashable {
    /// `roll`, `move` and so on.
    let type: String
    /// The steps of a `move`.
    var moves: [[Int]]?
    /// What is given up by a `resign`.
    var value: Int?

    /// What `side` does in `state`, when it is his turn; nil when it is not, or when the state makes no sense.
    static func make(
        _ state: GameState, for side: Player, using random: inout some RandomNumberGenerator
    ) -> Choice? {
        guard state.status == "playing", state.turn == side.rawValue else { return nil }
        func isChosen(_ action: String, oneIn count: Int) -> Bool {
            state.actions?.contains(action) == true && Int.random(in: 0..<count, using: &random) == 0
        }
        switch state.phase {
        case "roll":
            if isChosen("double", oneIn: 20) { return Choice(type: "double") }
            if isChosen("resign", oneIn: 200) { return Choice(type: "resign", value: 1) }
            return Choice(type: "roll")
        case "move": return self.move(state, for: side, using: &random)
        case "double":
            if isChosen("beaver", oneIn: 4) { return Choice(type: "beaver") }
            return Choice(type: isChosen("drop", oneIn: 4) ? "drop" : "take")
        case "resignation": return Choice(type: isChosen("accept", oneIn: 2) ? "accept" : "reject")
        default: return nil
        }
    }

    private static func move(
        _ state: GameState, for side: Player, using random: inout some RandomNumberGenerator
    ) -> Choice? {
        guard let position = state.board?.position, let rolled = state.dice, rolled.count == 2,
            let dice = Dice(rolled[0], rolled[1]), let play = position.randomPlay(for: side, dice: dice, using: &random)
        else { return nil }
        return Choice(type: "move", moves: play.map { [$0.from, $0.to] })
    }
}

extension GameState.Board {
    /// Nil when no game can come to look like this.
    var position: Position? {
        guard self.points.count == 24 else { return nil }
        return Position(
            white: self.points.map { max(0, $0) } + [self.bar.white],
            black: self.points.reversed().map { max(0, -$0) } + [self.bar.black])
    }
}
