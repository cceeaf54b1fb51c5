import Backgammon

/// The rules written down a second time, as plainly as they are in words, to compare with: plain arrays, every order of the
/// dice, nothing clever.
struct NaiveBoard: Hashable {
    /// Places 0 (off) to 25 (bar), each from its player's side.
    var own: [Int]
    var other: [Int]

    init(_ position: Position, seenBy player: Player) {
        self.own = (0...25).map { position.checkers(of: player, at: $0) }
        self.other = (0...25).map { position.checkers(of: player.opponent, at: $0) }
    }

    func after(from: Int, die: Int) -> NaiveBoard? {
        guard self.own[from] > 0, from == 25 || self.own[25] == 0 else { return nil }
        let to = from - die
        if to <= 0 {
            guard self.own[7...25].allSatisfy({ $0 == 0 }) else { return nil }
            if to < 0, self.own[(from + 1)...25].contains(where: { $0 > 0 }) { return nil }
        } else if self.other[25 - to] >= 2 {
            return nil
        }
        var next = self
        next.own[from] -= 1
        next.own[max(0, to)] += 1
        if to > 0, next.other[25 - to] == 1 {
            next.other[25 - to] = 0
            next.other[25] += 1
        }
        return next
    }

    /// Everything that can be reached with these dice in this order, with the dice used on the way.
    func reachable(_ dice: [Int]) -> Set<Reached> {
        guard let die = dice.first else { return [Reached(board: self, used: [])] }
        var found: Set<Reached> = [Reached(board: self, used: [])]
        for from in 1...25 {
            guard let next = self.after(from: from, die: die) else { continue }
            for reached in next.reachable(Array(dice.dropFirst())) {
                found.insert(Reached(board: reached.board, used: [die] + reached.used))
            }
        }
        return found
    }

    struct Reached: Hashable {
        let board: NaiveBoard
        let used: [Int]
    }

    func legal(_ dice: Dice) -> Set<NaiveBoard> {
        let (a, b) = (dice.first, dice.second)
        let all = a == b ? self.reachable([a, a, a, a]) : self.reachable([a, b]).union(self.reachable([b, a]))
        let most = all.map(\.used.count).max() ?? 0
        if most == 0 { return [] }
        var best = all.filter { $0.used.count == most }
        if most == 1, best.contains(where: { $0.used == [max(a, b)] }) {
            best = best.filter { $0.used == [max(a, b)] }
        }
        return Set(best.map(\.board))
    }
}
