/// A roll of two dice. Who rolls them is the caller's business: the rules never draw a random number.
public struct Dice: Hashable, Sendable {
    /// 1 to 6, in the order in which they were given.
    public let first, second: Int

    /// Nil unless both are 1 to 6.
    public init?(_ first: Int, _ second: Int) {
        guard 1...6 ~= first, 1...6 ~= second else { return nil }
        self.first = first
        self.second = second
    }

    /// Whether it is played four times.
    public var isDouble: Bool { self.first == self.second }

    /// As GNU Backgammon keeps a roll, so that equal states have equal IDs.
    var largerFirst: Dice { Dice(self.larger, self.smaller) ?? self }

    var larger: Int { max(self.first, self.second) }
    var smaller: Int { min(self.first, self.second) }
}
