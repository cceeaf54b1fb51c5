/// The verdict of a container's `HEALTHCHECK`, with what is needed to tell a fresh verdict from a stale one.
///
/// The engine reports paused and stopped containers as unhealthy too: look at the container's state first.
public struct DockerHealth: Hashable, Sendable, Codable {
    public enum Status: String, Hashable, Sendable, Codable { case starting, healthy, unhealthy }

    /// One run of the healthcheck's command.
    public struct Check: Hashable, Sendable, Codable {
        public enum Verdict: Hashable, Sendable, Codable {
            case passed, failed
            /// The command did not end in time. Under CPU pressure that says little about the service.
            case timedOut
            /// The command itself is broken: not in the image, not executable. Says nothing about the service.
            case couldNotRun
        }

        public var began: Moment
        public var verdict: Verdict
        /// The engine's own text for that time, compared and never interpreted: a clock that was set since makes the same
        /// check another moment.
        public var mark: String

        public init(began: Moment, verdict: Verdict, mark: String = "") {
            self.began = began
            self.verdict = verdict
            self.mark = mark
        }
    }

    public var status: Status
    public var lastCheck: Check?
    /// How many checks failed in a row, as the engine counts them; nil when it did not say.
    public var failingStreak: Int?
    /// The numbers of the healthcheck, with Docker's defaults filled in.
    public var interval: Duration
    public var timeout: Duration
    public var retries: Int
    public var startPeriod: Duration

    public init(
        status: Status, lastCheck: Check? = nil, failingStreak: Int? = nil, interval: Duration = .seconds(30),
        timeout: Duration = .seconds(30), retries: Int = 3, startPeriod: Duration = .zero
    ) {
        self.status = status
        self.lastCheck = lastCheck
        self.failingStreak = failingStreak
        self.interval = interval
        self.timeout = timeout
        self.retries = retries
        self.startPeriod = startPeriod
    }

    /// Its last check, knowing what was seen of the same run before, at the moment `seen`.
    ///
    /// Told anew with a clock that was set meanwhile, a known check would be another moment, and one that is new would be
    /// longer ago than it can be.
    func check(after old: DockerHealth?, seen: Moment?) -> Check? {
        guard var check = self.lastCheck, let seen, let old = old?.lastCheck, !check.mark.isEmpty else {
            return self.lastCheck
        }
        check.began = check.mark == old.mark ? old.began : max(check.began, seen - self.timeout)
        return check
    }

    /// Whether the checks themselves say so, all of the row that makes it unhealthy having begun after `time`.
    ///
    /// The engine also calls a container unhealthy that was paused, until its next check.
    func isUnhealthy(since time: Moment?) -> Bool {
        guard self.status == .unhealthy, let check = self.lastCheck,
            (self.failingStreak ?? self.retries) >= self.retries,
            check.verdict == .failed || check.verdict == .timedOut
        else { return false }
        return time.map { check.began - self.interval * (self.retries - 1) > $0 } ?? true
    }

    /// How long Docker may take to call a fresh run healthy or unhealthy, with `margin` for the engine's own delays.
    public func verifyDeadline(margin: Duration) -> Duration {
        self.startPeriod + (self.interval + self.timeout) * self.retries + margin
    }
}
