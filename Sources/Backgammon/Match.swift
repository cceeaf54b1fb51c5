/// A match, or one game of money play, between two players. A value: `apply` is the only way forward.
public struct Match: Hashable, Sendable {
    /// What was agreed before.
    public struct Rules: Hashable, Sendable {
        /// Points to win, 1 to 64; 0 is one game of money play.
        public let length: Int
        /// Gammons count only when the cube was turned. Money play only.
        public let jacoby: Bool
        /// Who is doubled may double back at once and keep the cube. Money play only.
        public let beavers: Bool

        /// Nil when the length is not 0 to 64. Jacoby and beavers are off in match play, whatever is asked for.
        public init?(length: Int, jacoby: Bool = false, beavers: Bool = false) {
            guard 0...64 ~= length else { return nil }
            self.length = length
            self.jacoby = jacoby && length == 0
            self.beavers = beavers && length == 0
        }
    }

    /// The doubling cube.
    public struct Cube: Hashable, Sendable {
        /// A power of two.
        public internal(set) var value = 1
        /// Nil while it is in the middle.
        public internal(set) var owner: Player?

        /// Where doubling ends, as in GNU Backgammon.
        public static let valueMax = 4096
    }

    /// What is waited for.
    public enum Phase: Hashable, Sendable {
        /// The opening roll; whoever's turn it is does not matter yet. Can go to itself (a tie) or `toPlay`.
        case openingRoll
        /// `onRoll` rolls or doubles. Can go to `toPlay`, `doubled`, `resigning`.
        case toRoll
        /// `onRoll` plays the dice, kept with the larger first. Can go to `toRoll`, `resigning`, the next game or `over`.
        case toPlay(Dice)
        /// `onRoll` has doubled. Can go to `toRoll`, `beavered`, the next game or `over`.
        case doubled
        /// `onRoll`, who doubled, was doubled back. Can go to `toRoll`, the next game or `over`.
        case beavered
        /// `by` offers to lose; `dice` are those that wait to be played. Can go back to `toRoll` or `toPlay`, on to the next
        /// game or `over`.
        case resigning(by: Player, kind: WinKind, dice: Dice?)
        /// Final.
        case over(winner: Player)
    }

    public let rules: Rules
    /// Points won so far; the last game may lead past the length.
    public internal(set) var whiteScore = 0
    public internal(set) var blackScore = 0
    /// Whether this is the one game without the cube, after a player came to one point from winning.
    public internal(set) var isCrawford = false
    public internal(set) var position = Position.opening
    public internal(set) var cube = Cube()
    /// Whose checkers move in this turn.
    public internal(set) var onRoll = Player.white
    public internal(set) var phase = Phase.openingRoll

    /// Before the opening roll of the first game.
    public init(_ rules: Rules) { self.rules = rules }

    public func score(of player: Player) -> Int { player == .white ? self.whiteScore : self.blackScore }

    /// Who has to act: also the one who answers a double or a resignation. Nil at the opening roll and when all is over.
    public var turn: Player? {
        switch self.phase {
        case .openingRoll, .over: nil
        case .toRoll, .toPlay, .beavered: self.onRoll
        case .doubled: self.onRoll.opponent
        case .resigning(let by, _, _): by.opponent
        }
    }
}
