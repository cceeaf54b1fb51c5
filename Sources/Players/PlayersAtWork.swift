public import EventLoop

/// Players as a load for somebody else's measurement: they play until they are told to stop, and tell then what was lost.
@Loop
public final class PlayersAtWork {
    /// What came of it.
    public struct Outcome: Hashable, Sendable {
        /// Commands that the server acknowledged.
        public let acknowledged: Int
        /// Acknowledged commands that the server's history does not have as they were acknowledged.
        public let lost: Int
        /// Commands that were carried out more than once.
        public let duplicated: Int
        /// The longest time in which no command of anybody was acknowledged.
        public let longestPause: Duration
        /// All that should not have been, in words; nothing lost, nothing done twice and every game at its legal end
        /// where there is none.
        public let faults: [String]
    }

    private let players: Run

    /// - Parameters:
    ///   - port: of the server, on 127.0.0.1. It must trust this machine as a proxy, as each player has an address of his
    ///     own.
    ///   - count: an even number; two and two play against each other.
    public init(port: UInt16, count: Int) throws {
        // Longer than anything is measured: they end because they are told to.
        self.players = Run(
            try Options([
                "--url", "http://127.0.0.1:\(port)", "--players", String(count), "--duration", "86400",
            ]))
    }

    /// Commands acknowledged so far.
    public var acknowledged: Int { self.players.figures.acknowledged }

    /// What went wrong so far, in words: there is no use in waiting for players that could not even register.
    public var faults: [String] { self.players.figures.faults }

    /// Begins no further game; those that are under way are played to their end.
    public func stop() { self.players.stop() }

    /// Registers, plays until ``stop()``, and compares all that was acknowledged with what the server kept. Does not react
    /// to cancellation; a server that does not come back is given up after two minutes.
    public func run() async -> Outcome {
        let report = await self.players.run()
        return Outcome(
            acknowledged: report.played.acknowledged, lost: report.audit.lost, duplicated: report.audit.duplicated,
            longestPause: report.longestPause, faults: report.faults)
    }
}
