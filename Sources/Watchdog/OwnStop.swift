import Docker
import Glibc
import Healing

/// Tells the stop that somebody else asks for from ours, while ours goes on.
struct OwnStop {
    private let container: String
    /// When the engine kills it for us.
    private let killsAt: Moment
    private var first: Int64?
    /// Whether somebody else wants it stopped too.
    private(set) var isJoined = false

    init(of container: String, killsAt: Moment) {
        self.container = container
        self.killsAt = killsAt
    }

    /// What is left of its grace.
    func grace(at now: Moment) -> Duration { max(.zero, self.killsAt - now) }

    /// Takes in that a signal which stops was sent. The engine sends one for us, and `SIGKILL` when the grace is over; it
    /// tells one again with the same time.
    mutating func heard(_ signal: EngineEvent, number: Int?, at now: Moment) {
        guard signal.id == self.container, signal.timeNano != self.first else { return }
        if self.first == nil {
            self.first = signal.timeNano
        } else if number != Int(SIGKILL) || now < self.killsAt {
            self.isJoined = true
        }
    }
}
