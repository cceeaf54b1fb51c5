import Healing

/// Which containers have started, or were bad, a short while ago, so that they are looked at more often.
struct Settling {
    /// The looks at more containers than these would push out what is remembered of them all for a replay.
    static let most = 30

    private var until: [ServiceID: Moment] = [:]

    /// The container of `id` has started, or was bad, at `time`.
    mutating func note(_ id: ServiceID, at time: Moment) {
        let end = time + WatchSettings.settlingTime
        self.until[id] = self.until[id].map { max($0, end) } ?? end
    }

    mutating func forget(_ id: ServiceID) { self.until[id] = nil }

    /// - Parameter count: how many containers are looked at in all.
    func isUnsettled(_ id: ServiceID, at now: Moment, among count: Int) -> Bool {
        guard count <= Self.most, let until = self.until[id] else { return false }
        return now < until
    }
}
