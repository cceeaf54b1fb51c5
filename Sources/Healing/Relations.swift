/// How a service hangs together with others, beyond needing them.
public struct Relations: Hashable, Sendable, Codable {
    /// The dependencies with which it is to be restarted: `restart: true`.
    public var restartsWith: Set<String>
    /// The dependencies that only have to run, whatever their health: `condition: service_started`.
    public var needsRunning: Set<String>
    /// The service in whose network it lives: `network_mode: service:…`.
    public var networkOf: String?
    /// Whether its image is built here, so that an older one can take its place.
    public var isBuilt: Bool

    public init(
        restartsWith: Set<String> = [], needsRunning: Set<String> = [], networkOf: String? = nil, isBuilt: Bool = false
    ) {
        self.restartsWith = restartsWith
        self.needsRunning = needsRunning
        self.networkOf = networkOf
        self.isBuilt = isBuilt
    }
}
