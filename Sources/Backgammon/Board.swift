/// A position seen by the player who moves: index 0 is off, 1 to 24 his points, 25 his bar. The opponent's half is numbered
/// from the opponent's side, so that his point `p` lies on ours `25 - p`.
struct Board: Hashable {
    var own: SIMD32<UInt8>
    var other: SIMD32<UInt8>

    /// The mover's rearmost place that holds a checker; 0 when all are off. All that the rules ask about the others follows
    /// from it: on the bar (25), all at home (at most 6), the highest point to bear off from.
    var highest: Int {
        var place = 25
        while place > 0, self.own[place] == 0 { place -= 1 }
        return place
    }

    /// The rule that forbids moving a checker from `from` by `die`, nil when it is allowed. `highest` is this board's own.
    func obstacle(from: Int, die: Int, highest: Int) -> RuleViolation? {
        if self.own[from] == 0 { return .noCheckerThere }
        if highest == 25, from != 25 { return .mustEnterFromBar }
        let to = from - die
        if to > 0 { return self.other[25 - to] > 1 ? .pointBlocked : nil }
        if highest > 6 { return .notBearingOffYet }
        return to == 0 || from == highest ? nil : .notFromHighestPoint
    }

    /// After moving one checker, with the hit that it makes. The move must be allowed.
    func moved(from: Int, die: Int) -> Board {
        let to = max(0, from - die)
        var next = self
        next.own[from] -= 1
        next.own[to] += 1
        if to > 0, next.other[25 - to] == 1 {
            next.other[25 - to] = 0
            next.other[25] += 1
        }
        return next
    }
}
