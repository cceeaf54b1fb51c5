extension Loop {
    /// What can be seen of the loop from outside, without asking it anything.
    public struct Progress: Sendable, Hashable {
        /// Turns begun since the start. A loop that works makes many a second; one that is stuck makes none.
        public let turns: UInt64
        /// It sleeps until there is something to do.
        public let isIdle: Bool

        public init(turns: UInt64, isIdle: Bool) {
            self.turns = turns
            self.isIdle = isIdle
        }
    }

    /// How far the loop is now. May be asked on any thread; wakes nothing.
    public static nonisolated var progress: Progress { Loop.shared.executor.progress }
}
