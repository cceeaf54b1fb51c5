extension Position {
    /// All distinct legal plays, empty when nothing can be moved. `PlayList` does the same without allocating.
    public func plays(for player: Player, dice: Dice) -> [LegalPlay] {
        var list = PlayList()
        list.fill(from: self, player: player, dice: dice)
        return list.plays
    }

    /// Whether `player` can move anything at all.
    public func canPlay(_ player: Player, dice: Dice) -> Bool {
        let board = self.board(seenBy: player)
        let highest = board.highest
        return (1...25).contains { from in
            board.obstacle(from: from, die: dice.larger, highest: highest) == nil
                || board.obstacle(from: from, die: dice.smaller, highest: highest) == nil
        }
    }

    /// The position after `play`, whose moves may come in any order that is possible. Throws the rule that it breaks.
    public func playing(_ play: Play, by player: Player, dice: Dice) throws(RuleViolation) -> Position {
        var board = self.board(seenBy: player)
        var left = dice.isDouble ? [dice.first, dice.first, dice.first, dice.first] : [dice.smaller, dice.larger]
        for move in play {
            guard 1...25 ~= move.from else { throw .noCheckerThere }
            // A checker that leaves the board takes the smallest die that is large enough: the larger one can then still do
            // whatever the smaller could have done.
            let die = left.firstIndex { $0 == move.from - move.to || (move.to == 0 && $0 > move.from) }
            guard let die else { throw .dieNotRolled }
            if let rule = board.obstacle(from: move.from, die: left[die], highest: board.highest) { throw rule }
            board = board.moved(from: move.from, die: left.remove(at: die))
        }
        let result = Position(board, seenBy: player)
        // Who has used all his dice has used as many as he could.
        if left.isEmpty { return result }
        let legal = self.plays(for: player, dice: dice)
        guard let any = legal.first else { return result }
        if legal.contains(where: { $0.position == result }) { return result }
        if play.count == any.play.count { throw .mustUseLargerDie }
        throw dice.isDouble ? .mustUseMoreDice : any.play.count == 1 ? .mustUseMoreDice : .mustUseBothDice
    }
}
