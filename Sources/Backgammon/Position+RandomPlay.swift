extension Position {
    /// Some legal play, nil when nothing can be moved. Any may come, but not all are equally likely.
    ///
    /// Checkers are drawn one after the other. A play that uses all dice is legal whatever the others are; only when one is
    /// left over have all of them to be generated, which costs some thirty times as much.
    public func randomPlay(
        for player: Player, dice: Dice, using random: inout some RandomNumberGenerator
    ) -> Play? {
        var board = self.board(seenBy: player)
        var play = Play()
        let (first, second) =
            Bool.random(using: &random) ? (dice.larger, dice.smaller) : (dice.smaller, dice.larger)
        let count = dice.isDouble ? 4 : 2
        while play.count < count {
            let die = play.count == 0 ? first : second
            guard let from = board.randomSource(of: die, using: &random) else { break }
            play.append(from: from, to: max(0, from - die))
            board = board.moved(from: from, die: die)
        }
        if play.count == count { return play }
        return self.plays(for: player, dice: dice).randomElement(using: &random)?.play
    }
}

extension Board {
    /// Where some checker stands that may move by `die`.
    fileprivate func randomSource(of die: Int, using random: inout some RandomNumberGenerator) -> Int? {
        let highest = self.highest
        guard highest > 0 else { return nil }
        let start = Int.random(in: 1...highest, using: &random)
        for offset in 0..<highest {
            let from = start > offset ? start - offset : start - offset + highest
            if self.obstacle(from: from, die: die, highest: highest) == nil { return from }
        }
        return nil
    }
}
