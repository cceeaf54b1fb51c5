import Backgammon

/// Whose thinking costs what: a reserve per player for the whole match, and a delay that each decision has free.
///
/// A value; moments are milliseconds since 1970 by the instance's wall clock, so that another instance, or the same one
/// after a restart, reads the same clock. A clock that was set back costs nobody anything.
struct GameClock: Hashable, Sendable {
    /// What the players agreed on.
    struct Control: Hashable, Sendable {
        static let reserveSeconds = 10...86_400
        static let delaySeconds = 0...3_600

        let reserveSeconds: Int
        let delaySeconds: Int
    }

    /// What was on its way when the time ended still counts: nobody loses within this of his deadline.
    static let graceMilliseconds = 5_000

    let control: Control
    /// Milliseconds of reserve.
    var left: PerSide<Int>

    init(_ control: Control) {
        self.control = control
        self.left = PerSide(white: control.reserveSeconds * 1_000, black: control.reserveSeconds * 1_000)
    }

    init(_ control: Control, left: PerSide<Int>) {
        self.control = control
        self.left = left
    }

    /// When `player`, thinking since `since`, has nothing left.
    func deadline(of player: Player, since: Int) -> Int {
        since + self.control.delaySeconds * 1_000 + self.left[player]
    }

    /// Whether `player` has lost on time.
    func isOver(for player: Player, since: Int, now: Int) -> Bool {
        now > self.deadline(of: player, since: since) + Self.graceMilliseconds
    }

    /// Takes the time from `since` to `now` off the reserve of `player`, the delay excepted.
    mutating func charge(_ player: Player, since: Int, now: Int) {
        let used = max(0, now - since - self.control.delaySeconds * 1_000)
        self.left[player] = max(0, self.left[player] - used)
    }
}
