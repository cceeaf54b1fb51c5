/// What a match ID of GNU Backgammon says: 12 characters that stand beside a position ID. White is its player 0, who sits at
/// the top there, black its player 1.
public struct MatchID: Hashable, Sendable {
    /// GNU Backgammon's states of a game.
    public enum GameState: Int, Hashable, Sendable {
        case noGame, playing, over, resigned, dropped
    }

    /// 1 to 32768, a power of two.
    public var cube = 1
    /// Nil while the cube is in the middle.
    public var cubeOwner: Player?
    /// Whose checkers move.
    public var onRoll = Player.white
    public var isCrawford = false
    public var gameState = GameState.playing
    /// Who has to decide.
    public var turn = Player.white
    /// Whether a double waits for an answer.
    public var isDoubled = false
    /// A resignation that waits for an answer.
    public var resignation: WinKind?
    /// Nil before the roll.
    public var dice: Dice?
    /// 0 in money play; like the scores at most 32767.
    public var length = 0
    public var whiteScore = 0
    public var blackScore = 0
    public var jacoby = false

    public init() {}

    /// The ID. Numbers beyond the field's width are cut to it.
    public var text: String {
        var bits = Bits()
        bits.append(self.cube.trailingZeroBitCount, width: 4)
        bits.append(self.cubeOwner.map(Self.number) ?? 3, width: 2)
        bits.append(Self.number(self.onRoll), width: 1)
        bits.append(self.isCrawford ? 1 : 0, width: 1)
        bits.append(self.gameState.rawValue, width: 3)
        bits.append(Self.number(self.turn), width: 1)
        bits.append(self.isDoubled ? 1 : 0, width: 1)
        bits.append(self.resignation?.rawValue ?? 0, width: 2)
        bits.append(self.dice?.first ?? 0, width: 3)
        bits.append(self.dice?.second ?? 0, width: 3)
        for number in [self.length, self.whiteScore, self.blackScore] { bits.append(number, width: 15) }
        // Reversed, so that an ID from before this flag means the rule is used.
        bits.append(self.jacoby ? 0 : 1, width: 1)
        return bits.text(bytes: 9)
    }

    /// Reads an ID. Any text may come: what is no match ID is refused.
    public init(text: some StringProtocol) throws(InvalidID) {
        var bits = try Bits(text: text, bytes: 9, kind: .match)
        self.cube = 1 << bits.read(width: 4)
        switch bits.read(width: 2) {
        case 0: self.cubeOwner = .white
        case 1: self.cubeOwner = .black
        case 3: self.cubeOwner = nil
        default: throw InvalidID(.match, "unknown owner of the cube")
        }
        self.onRoll = bits.read(width: 1) == 0 ? .white : .black
        self.isCrawford = bits.read(width: 1) == 1
        guard let gameState = GameState(rawValue: bits.read(width: 3)) else {
            throw InvalidID(.match, "unknown state of the game")
        }
        self.gameState = gameState
        self.turn = bits.read(width: 1) == 0 ? .white : .black
        self.isDoubled = bits.read(width: 1) == 1
        self.resignation = WinKind(rawValue: bits.read(width: 2))
        let (first, second) = (bits.read(width: 3), bits.read(width: 3))
        self.dice = Dice(first, second)
        guard self.dice != nil || (first == 0 && second == 0) else { throw InvalidID(.match, "impossible dice") }
        self.length = bits.read(width: 15)
        self.whiteScore = bits.read(width: 15)
        self.blackScore = bits.read(width: 15)
        self.jacoby = bits.read(width: 1) == 0
        guard bits.restIsZero else { throw InvalidID(.match, "bits beyond the known fields are set") }
    }

    private static func number(_ player: Player) -> Int { player == .white ? 0 : 1 }
}
