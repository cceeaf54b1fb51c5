import EventLoop

/// How long players were without a server: from the first sign of trouble to the next acknowledged command.
@Loop
final class Outages {
    private var troubled: [Int: SuspendingClock.Instant] = [:]
    private var began: SuspendingClock.Instant?
    /// One for each trouble of each player.
    private(set) var ofPlayers: [Duration] = []
    /// One for each time in which any player was in trouble and none was served.
    private(set) var ofAll: [Duration] = []

    nonisolated init() {}

    /// `player` has lost his connection, or was told that the server can't serve now.
    func trouble(of player: Int) {
        let now = Loop.now
        if self.troubled.updateValue(self.troubled[player] ?? now, forKey: player) == nil {
            self.began = self.began ?? now
        }
    }

    /// A command of `player` was acknowledged.
    func acknowledged(_ player: Int) {
        if let began {
            // Another player's answer may have been on its way when the first trouble was met.
            guard self.troubled[player] != nil else { return }
            self.ofAll.append(began.duration(to: Loop.now))
            self.began = nil
        }
        if let since = self.troubled.removeValue(forKey: player) { self.ofPlayers.append(since.duration(to: Loop.now)) }
    }
}
