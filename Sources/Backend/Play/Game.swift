import Backgammon

/// One game as a whole, at one moment: what was agreed, who plays, and how it stands.
struct Game: Sendable {
    /// What was agreed before it.
    struct Terms: Hashable, Sendable {
        static let matchLength = 0...25

        let rules: Match.Rules
        /// Nil without a clock.
        let clock: GameClock.Control?
    }

    /// `games.id`.
    let id: Int
    let terms: Terms
    let white: Account
    /// Nil while an opponent is waited for.
    let black: Account?
    /// Milliseconds since 1970.
    let createdAt: Int
    /// Whether its own row, and the ratings, say that it is over; the record says so first.
    let isFinished: Bool
    /// Nil before it begins.
    var record: GameRecord?

    /// The seat of the account `id`; nil when it has none.
    func seat(of id: Int) -> Player? {
        if self.white.id == id { return .white }
        return self.black?.id == id ? .black : nil
    }

    /// The last sequence number; 0 before it begins.
    var seq: Int { self.record?.seq ?? 0 }
}
