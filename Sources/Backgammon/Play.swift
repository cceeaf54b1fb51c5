/// One checker moved by one die.
public struct CheckerMove: Hashable, Sendable {
    /// Points are numbered from the mover's side: 24 to 1; 25 is the bar.
    public let from: Int
    /// 24 to 1; 0 is off the board.
    public let to: Int

    public init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}

/// What a player does with a roll: no, one, two, three or four checker moves, in this order.
public struct Play: Hashable, Sendable, RandomAccessCollection {
    private var sources = SIMD4<UInt8>()
    private var targets = SIMD4<UInt8>()
    public private(set) var endIndex = 0

    /// No move at all: what is played when nothing can be.
    public init() {}

    /// Nil for more than four moves, and for points outside 0...25.
    public init?(_ moves: some Sequence<CheckerMove>) {
        for move in moves {
            guard self.endIndex < 4, 0...25 ~= move.from, 0...25 ~= move.to else { return nil }
            self.append(from: move.from, to: move.to)
        }
    }

    public var startIndex: Int { 0 }

    public subscript(index: Int) -> CheckerMove {
        precondition(index < self.endIndex)
        return CheckerMove(from: Int(self.sources[index]), to: Int(self.targets[index]))
    }

    mutating func append(from: Int, to: Int) {
        self.sources[self.endIndex] = UInt8(truncatingIfNeeded: from)
        self.targets[self.endIndex] = UInt8(truncatingIfNeeded: to)
        self.endIndex += 1
    }
}
