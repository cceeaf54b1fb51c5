/// Where all thirty checkers are. A value in fixed storage: copying it allocates nothing.
public struct Position: Hashable, Sendable {
    private var white: SIMD32<UInt8>
    private var black: SIMD32<UInt8>

    /// The opening position.
    public static let opening: Position = {
        var side = SIMD32<UInt8>()
        side[24] = 2
        side[13] = 5
        side[8] = 3
        side[6] = 5
        return Position(Board(own: side, other: side), seenBy: .white)
    }()

    /// From the number of checkers on the places 1 to 24 and the bar (25), each seen from that player's side; what is
    /// missing to fifteen has been borne off. Nil when a side has other than 25 places or more than fifteen checkers, when
    /// both stand on one point, or when both have borne off everything.
    public init?(white: [Int], black: [Int]) {
        guard let white = Self.side(white), let black = Self.side(black), white[0] < 15 || black[0] < 15 else {
            return nil
        }
        for point in 1...24 where white[point] > 0 && black[25 - point] > 0 { return nil }
        self.init(Board(own: white, other: black), seenBy: .white)
    }

    init(_ board: Board, seenBy player: Player) {
        self.white = player == .white ? board.own : board.other
        self.black = player == .white ? board.other : board.own
    }

    private static func side(_ counts: [Int]) -> SIMD32<UInt8>? {
        guard counts.count == 25 else { return nil }
        var side = SIMD32<UInt8>()
        var left = 15
        for (index, count) in counts.enumerated() {
            guard 0...left ~= count else { return nil }
            left -= count
            side[index + 1] = UInt8(count)
        }
        side[0] = UInt8(left)
        return side
    }

    /// The number of `player`'s checkers at a place, numbered from his side: 0 is off, 25 the bar.
    ///
    /// The place must be 0 to 25.
    public func checkers(of player: Player, at place: Int) -> Int {
        precondition(0...25 ~= place)
        return Int(player == .white ? self.white[place] : self.black[place])
    }

    /// How many points `player` has still to move, a checker on the bar counting 25.
    public func pips(of player: Player) -> Int {
        (1...25).reduce(0) { $0 + $1 * self.checkers(of: player, at: $1) }
    }

    func board(seenBy player: Player) -> Board {
        player == .white ? Board(own: self.white, other: self.black) : Board(own: self.black, other: self.white)
    }

    /// What `winner`, who has borne off everything, wins: a gammon if the loser has borne off nothing, a backgammon if one
    /// of his checkers is moreover on the bar or in the winner's home.
    func kindOfWin(for winner: Player) -> WinKind {
        let loser = winner.opponent
        if self.checkers(of: loser, at: 0) > 0 { return .plain }
        return (19...25).contains { self.checkers(of: loser, at: $0) > 0 } ? .backgammon : .gammon
    }
}
