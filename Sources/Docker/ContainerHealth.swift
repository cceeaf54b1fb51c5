/// What Docker's own healthcheck of a container says.
public struct ContainerHealth: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable {
        /// No check has passed yet, and the start period or the retries are not used up.
        case starting
        case healthy
        /// As many checks failed in a row as the healthcheck's retries say. The engine also reports paused and stopped
        /// containers as unhealthy: look at the state first.
        case unhealthy
    }

    /// One run of the healthcheck.
    public struct Check: Hashable, Sendable {
        public let start: EngineTime
        public let end: EngineTime
        /// 0 well, 1 ill, -1 when it ran into its timeout; anything else is the command's own.
        public let exitCode: Int
        /// What it printed, at most 4 KiB of it.
        public let output: String

        public init(start: EngineTime, end: EngineTime, exitCode: Int, output: String) {
            self.start = start
            self.end = end
            self.exitCode = exitCode
            self.output = output
        }
    }

    public let status: Status
    /// How many checks failed in a row.
    public let failingStreak: Int
    /// The last checks that ended, oldest first; the engine keeps five.
    public let checks: [Check]

    public init(status: Status, failingStreak: Int, checks: [Check]) {
        self.status = status
        self.failingStreak = failingStreak
        self.checks = checks
    }
}
