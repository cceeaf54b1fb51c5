/// What a container's processes have done with the processor so far. The origin means nothing, only differences do.
public struct Activity: Hashable, Sendable, Codable {
    /// For how long they ran, all threads together.
    public var ran: Duration
    /// For how long they were ready to run and had to wait for it, throttling included.
    public var waited: Duration

    public init(ran: Duration, waited: Duration) {
        self.ran = ran
        self.waited = waited
    }
}

/// What a service's processes did with the processor since it last answered: it tells slow from dead.
struct Effort: Hashable {
    enum Kind: Hashable {
        /// Runs a little, waits a lot: the machine or its share of it is to blame.
        case starved
        /// Runs all the time and gets nothing done.
        case spinning
        /// No thread ran at all.
        case still
        /// Something in between, which says nothing.
        case ordinary
    }

    private struct Sample: Hashable {
        let activity: Activity
        let at: Moment
    }

    /// The window begins here, and goes on from the middle when it has become too long.
    private var first: Sample?
    private var middle: Sample?
    private var last: Sample?

    /// What was longer ago says nothing of now.
    private static let window = Duration.seconds(8)
    /// Processes are looked at each second. A longer time than this would be half of what is told of a row that is short.
    private static let gapMax = Duration.milliseconds(2_500)

    private var latest: Sample? { self.last ?? self.first }

    /// - Parameter isFailing: whether it has failed already. What it did before is no part of the row.
    mutating func add(_ activity: Activity, at now: Moment, isFailing: Bool) {
        let sample = Sample(activity: activity, at: now)
        // A machine that stood still meanwhile would look like a process that did nothing.
        let isInterrupted = self.latest.map { now - $0.at > Self.gapMax } ?? false
        guard isFailing, !isInterrupted, let first = self.first else {
            (self.first, self.middle, self.last) = (sample, nil, nil)
            return
        }
        self.last = sample
        guard let middle = self.middle else {
            if now - first.at >= Self.window / 2 { self.middle = sample }
            return
        }
        if now - first.at >= Self.window { (self.first, self.middle) = (middle, sample) }
    }

    /// What it did up to now is no part of what is to be told from now on.
    mutating func beginAnew() { (self.first, self.middle, self.last) = (self.latest, nil, nil) }

    /// Shares of the time that passed, in percent, of which the processes ran and waited; nil before most of a second has passed.
    var shares: (ran: Int, waited: Int)? {
        guard let first = self.first, let last = self.last, last.at - first.at >= .milliseconds(800) else { return nil }
        let time = last.at - first.at
        func share(_ part: Duration) -> Int { Int(part / time * 100) }
        return (
            share(last.activity.ran - first.activity.ran), share(last.activity.waited - first.activity.waited)
        )
    }

    /// What it comes to; nil where too little is known.
    var kind: Kind? {
        guard let shares = self.shares, let first = self.first, let last = self.last else { return nil }
        if last.activity.ran <= first.activity.ran { return .still }
        // A thread that merely has to share a busy machine runs more than it waits.
        if shares.waited >= 50, shares.waited >= shares.ran { return .starved }
        return shares.ran >= 80 ? .spinning : .ordinary
    }

    /// For people; empty where too little is known.
    var evidence: String {
        self.shares.map { ", its processes ran \($0.ran) % and waited \($0.waited) % of the time" } ?? ""
    }
}
