/// How Docker checks a container's health, with Docker's defaults where the image and Compose say nothing.
public struct Healthcheck: Hashable, Sendable {
    /// The command: `CMD` and its arguments, or `CMD-SHELL` and one line.
    public let test: [String]
    /// From the end of one check to the start of the next; 30 s by default.
    public let interval: Duration
    /// How long one check may take; 30 s by default.
    public let timeout: Duration
    /// How long after the start failures do not count; 0 s by default.
    public let startPeriod: Duration
    /// How many failures in a row make it unhealthy; 3 by default.
    public let retries: Int

    public init(
        test: [String], interval: Duration = .seconds(30), timeout: Duration = .seconds(30),
        startPeriod: Duration = .zero, retries: Int = 3
    ) {
        self.test = test
        self.interval = interval
        self.timeout = timeout
        self.startPeriod = startPeriod
        self.retries = retries
    }
}
