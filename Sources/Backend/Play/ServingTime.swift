/// From when on thinking time counts. An outage of ours costs nobody time: what a player could not tell us, because this
/// instance was not there or had no database, is not held against him.
struct ServingTime: Hashable, Sendable {
    /// Milliseconds since 1970: since when this instance has served without a break.
    private(set) var since: Int
    private var isInterrupted = false

    init(since: Int) { self.since = since }

    /// The database did not do what it was asked for.
    mutating func interrupted() { self.isInterrupted = true }

    /// The database answered.
    mutating func served(at now: Int) {
        guard self.isInterrupted else { return }
        self.isInterrupted = false
        self.since = max(self.since, now)
    }

    /// Since when a decision counts that is due since `moment`.
    func counted(from moment: Int) -> Int { max(moment, self.since) }
}
