import EventLoop

/// What is counted while all play.
@Loop
final class Figures {
    let outages = Outages()
    /// Beats with each acknowledged command.
    let pulse = Pulse()
    private(set) var acknowledged = 0
    var gamesBegun = 0
    var gamesOver = 0
    var connectionsLost = 0
    /// What should not have been, in words.
    var faults: [String] = []

    nonisolated init() {}

    func acknowledged(_ player: Int) {
        self.acknowledged += 1
        self.pulse.beat()
        self.outages.acknowledged(player)
    }
}
