/// One of the two sides of a game.
public enum Player: String, Hashable, Sendable, CaseIterable {
    case white, black

    /// The other side.
    public var opponent: Player { self == .white ? .black : .white }
}
