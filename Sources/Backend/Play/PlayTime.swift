import EventLoop
import Support

/// The time of games, and whether this instance serves them without a break.
@Loop
final class PlayTime {
    private let clock: @Loop () -> Int
    private var serving: ServingTime

    /// `clock` tells milliseconds since 1970.
    init(clock: @escaping @Loop () -> Int = { Int(Timestamp.now.nanoseconds / 1_000_000) }) {
        self.clock = clock
        self.serving = ServingTime(since: clock())
    }

    var now: Int { self.clock() }

    /// From when the decision counts that `record` waits for.
    func due(_ record: GameRecord) -> Int { self.serving.counted(from: record.since) }

    /// What the database was asked for has failed.
    func interrupted() { self.serving.interrupted() }

    /// What the database was asked for is done.
    func served() { self.serving.served(at: self.now) }
}
