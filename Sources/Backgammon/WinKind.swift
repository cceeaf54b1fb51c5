/// How high a game is won; the raw value multiplies the cube.
public enum WinKind: Int, Hashable, Sendable, CaseIterable {
    case plain = 1
    case gammon, backgammon
}

/// How a game ended.
public struct GameResult: Hashable, Sendable {
    /// What ended it.
    public enum Reason: String, Hashable, Sendable { case played, dropped, resigned }

    public let winner: Player
    public let kind: WinKind
    public let reason: Reason
    /// What was won, the cube and the Jacoby rule taken in.
    public let points: Int
}
