/// What Render publishes about how it runs a web service. All of it is theirs to change; the pages are named.
public enum RenderRules {
    /// The `PORT` that a web service is told where its settings name no other
    /// (https://render.com/docs/web-services#port-binding).
    public static let port = 10_000

    // https://render.com/docs/health-checks

    /// How long a health check waits for the answer.
    public static let answerLimit = Duration.seconds(5)
    /// Failing for as long takes a running instance out of rotation.
    public static let rotationLimit = Duration.seconds(15)
    /// Failing for as long restarts a running instance.
    public static let restartLimit = Duration.seconds(60)
    /// A new instance that never passed for as long: the deploy is cancelled.
    public static let deployLimit = Duration.seconds(900)

    /// Whether this status of the health path is well.
    public static func isWell(status: Int) -> Bool { (200..<400).contains(status) }

    // https://render.com/docs/deploys#zero-downtime-deploys

    /// How long the old instance runs on after traffic went to the new one.
    public static let oldInstanceLimit = Duration.seconds(60)
    /// `maxShutdownDelaySeconds` where the blueprint has none: from SIGTERM to SIGKILL.
    public static let shutdownSeconds = 30
    /// What `maxShutdownDelaySeconds` may be.
    public static let shutdownSecondsAllowed = 1...300

    /// What an instance gets (https://render.com/pricing, compute of services).
    public struct Plan: Hashable, Sendable {
        /// As `plan:` of the blueprint names it.
        public let name: String
        public let cpus: Double
        public let megabytes: Int
    }

    /// Smallest first.
    public static let plans = [
        Plan(name: "free", cpus: 0.1, megabytes: 512), Plan(name: "starter", cpus: 0.5, megabytes: 512),
        Plan(name: "standard", cpus: 1, megabytes: 2_048), Plan(name: "pro", cpus: 2, megabytes: 4_096),
        Plan(name: "pro plus", cpus: 4, megabytes: 8_192), Plan(name: "pro max", cpus: 4, megabytes: 16_384),
        Plan(name: "pro ultra", cpus: 8, megabytes: 32_768),
    ]
    /// Where the blueprint names none (https://render.com/docs/blueprint-spec).
    public static let planByDefault = "starter"
}
