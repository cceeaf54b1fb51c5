import EventLoop

/// How long players were without a server: from the first sign of trouble to the next acknowledged command.
@Loop
final class Outages {
    private var troubled: [Int: SuspendingClock.Instant] = [:]
    private var began: SuspendingClock.Instant?
    /// In which outage each was served last: how many of all had ended by then.
    private var servedIn: [Int: Int] = [:]
    /// One for each trouble of each player.
    private(set) var ofPlayers: [Duration] = []
    /// One for each time in which any player was in trouble and none was served.
    private(set) var ofAll: [Duration] = []

    nonisolated init() {}

    /// `player` has lost his connection, or was told that the server can't serve now.
    func trouble(of player: Int) {
        let now = Loop.now
        guard self.troubled.updateValue(self.troubled[player] ?? now, forKey: player) == nil else { return }
        // Who was not served since the last outage meets a late sign of that one; of another the others tell.
        guard self.servedIn[player, default: 0] == self.ofAll.count else { return }
        self.began = self.began ?? now
    }

    /// A command of `player` was acknowledged.
    func acknowledged(_ player: Int) {
        // Another player's answer may have been on its way when the first trouble was met.
        if let began, self.troubled[player] != nil {
            self.ofAll.append(began.duration(to: Loop.now))
            self.began = nil
        }
        self.servedIn[player] = self.ofAll.count
        if let since = self.troubled.removeValue(forKey: player) { self.ofPlayers.append(since.duration(to: Loop.now)) }
    }
}
