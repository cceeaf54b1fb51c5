extension Position {
    /// The position as GNU Backgammon writes it: 14 characters. It says nothing of who is on roll, only whose side is which,
    /// so the same text means another position for the other player.
    ///
    /// For the opponent of `onRoll` and then for himself: for each point from his first to the bar as many ones as he has
    /// checkers there, then a zero.
    public func id(onRoll: Player) -> String {
        var bits = Bits()
        bits.append(self.places(of: onRoll.opponent))
        bits.append(self.places(of: onRoll))
        return bits.text(bytes: 10)
    }

    /// One player's part of the ID: 25 zeros, and no more ones than he has checkers.
    private func places(of player: Player) -> (bits: Int, width: Int) {
        let counts = self.board(seenBy: player).own
        var (bits, width) = (0, 0)
        for place in 1...25 {
            let count = Int(counts[place])
            bits |= (1 << count - 1) << width
            width += count + 1
        }
        return (bits, width)
    }

    /// Reads what `id` writes. Any text may come: what is no position is refused.
    public init(id: some StringProtocol, onRoll: Player) throws(InvalidID) {
        var bits = try Bits(text: id, bytes: 10, kind: .position)
        var sides: [[Int]] = []
        for _ in 0..<2 {
            var side: [Int] = []
            for _ in 0..<25 {
                var count = 0
                while bits.read(width: 1) == 1 { count += 1 }
                side.append(count)
            }
            sides.append(side)
        }
        guard bits.restIsZero else { throw InvalidID(.position, "more than fifty places") }
        let (other, own) = (sides[0], sides[1])
        guard own.reduce(0, +) <= 15, other.reduce(0, +) <= 15 else {
            throw InvalidID(.position, "a player has more than fifteen checkers")
        }
        let position = onRoll == .white ? Position(white: own, black: other) : Position(white: other, black: own)
        guard let position else {
            throw InvalidID(.position, "both players hold one point, or both have borne off all checkers")
        }
        self = position
    }
}
