public import Compose
public import Docker
import Support

/// What the watchdog goes by, from the environment (contract, section 3) and the command line.
public struct WatchSettings: Sendable {
    /// The Compose service to keep alive; its dependencies are looked after with it.
    public let service: String
    /// What is asked from inside the container.
    public let healthURL: ProbeURL
    public let composeFile: String
    /// How often everything is looked at, whether anything happened or not. 1 to 3600 s; events and the pulse see most
    /// things much sooner.
    public let interval: Duration
    /// The journal.
    public let logFile: String

    /// Between two looks at the health URL.
    public static let pulse = Duration.seconds(1)
    /// How long the health URL may take. Longer than the 1 s that our own backend gives its database, so that an honest
    /// 503 is not mistaken for silence.
    public static let probeTimeout = Duration.milliseconds(1_500)
    /// The same for a service that hardly gets a processor: its slow answer is as good as a quick one.
    public static let probeTimeoutStarved = Duration.seconds(10)

    /// Reads the settings, all of them optional.
    ///
    /// - Parameter service: from the command line; goes before `SERVICE_NAME`.
    /// - Throws: every fault at once.
    public init(service: String?, environment: [String: String]) throws(WatchError) {
        var reader = SettingsReader(environment: environment)
        self.service = service ?? reader.optional("SERVICE_NAME") ?? "app"
        self.composeFile = reader.optional("COMPOSE_FILE") ?? "docker-compose.dev.yml"
        self.interval = .seconds(reader.number("INTERVAL_SECONDS", default: 30, in: 1...3600))
        self.logFile = reader.optional("LOG_FILE") ?? "docker-health.txt"
        let standard = "http://localhost:3000/health/internal"
        do {
            self.healthURL = try ProbeURL(reader.optional("HEALTH_URL") ?? standard)
        } catch {
            reader.refuse("HEALTH_URL", "\(error) (example: \(standard))")
            throw WatchSettings.malformed(reader.faults)
        }
        if !reader.faults.isEmpty { throw WatchSettings.malformed(reader.faults) }
    }

    /// Where the state of a project of this compose file is kept.
    public func stateFolder(of project: String) -> StateFolder {
        StateFolder(besides: self.composeFile, project: project)
    }

    private static func malformed(_ faults: [SettingsReader.Fault]) -> WatchError {
        let text = faults.map(\.description).joined(separator: "; ")
        return WatchError(.malformedSettings, "\(text). Correct it in the environment or unset it for the default.")
    }
}
