/// Everything about one container that healing looks at: the engine's answer to inspect, without its environment, which
/// holds secrets.
public struct ContainerDetails: Hashable, Sendable {
    /// When Docker itself starts the container again.
    public struct RestartPolicy: Hashable, Sendable {
        /// `no`, `always`, `unless-stopped` or `on-failure`.
        public let name: String
        /// How often at most for `on-failure`; 0 is without bound.
        public let maximumRetries: Int

        public init(name: String, maximumRetries: Int) {
            self.name = name
            self.maximumRetries = maximumRetries
        }
    }

    /// The full id. It stays the same when the container is restarted.
    public var id: String
    /// The name, without the slash that the engine writes before it.
    public var name: String
    public var labels: [String: String]
    /// The id of the image it was made from, such as `sha256:…`.
    public var imageID: String

    public var state: ContainerState
    /// The main process, as the engine's machine numbers it; 0 when there is none.
    public var pid: Int32
    /// How the last run ended; 0 while none has.
    public var exitCode: Int
    /// Whether the kernel killed a process of the last run for want of memory.
    public var isOOMKilled: Bool
    /// Why the engine could not start it; empty when it could.
    public var error: String
    /// When the current run began, or the last one when there is none; nil when it never ran.
    public var startedAt: EngineTime?
    /// When the last run ended; nil when none has. Stays set while a later run goes on.
    public var finishedAt: EngineTime?
    /// How often the restart policy started it again since a person or we did.
    public var restartCount: Int

    /// What the healthcheck says; nil when there is no healthcheck.
    public var health: ContainerHealth?
    /// How health is checked; nil when it is not.
    public var healthcheck: Healthcheck?

    public var restartPolicy: RestartPolicy
    /// Whether the engine removes it once it has stopped, as after `docker run --rm`.
    public var isRemovedWhenStopped: Bool
    /// The signal that asks it to stop, such as `SIGTERM`.
    public var stopSignal: String
    /// How many seconds it has from that signal until it is killed; nil where Docker's 10 apply.
    public var stopTimeoutSeconds: Int?
    /// How many mounts of any kind it has.
    public var mountCount: Int
    /// The names of its volumes, sorted.
    public var volumes: [String]
    /// What is mounted where.
    public var mounts: [Mount]
    /// The ports it publishes, of TCP, as they were asked for.
    public var publishedPorts: [PublishedPort]
    /// `bridge`, `host`, `none`, `container:…` or the name of a network.
    public var networkMode: String
    /// The names of the networks it is in.
    public var networks: Set<String>
    /// How much memory it may have, in bytes; 0 for no limit.
    public var memoryLimit: Int64
    /// How much of the processors it may have, in billionths of one; 0 for no limit.
    public var cpuLimit: Int64

    /// All but the first few have values of an ordinary container, for tests.
    public init(
        id: String, name: String, labels: [String: String] = [:], imageID: String = "",
        state: ContainerState = .running, pid: Int32 = 0, exitCode: Int = 0, isOOMKilled: Bool = false,
        error: String = "", startedAt: EngineTime? = nil, finishedAt: EngineTime? = nil, restartCount: Int = 0,
        health: ContainerHealth? = nil, healthcheck: Healthcheck? = nil,
        restartPolicy: RestartPolicy = RestartPolicy(name: "no", maximumRetries: 0),
        isRemovedWhenStopped: Bool = false, stopSignal: String = "SIGTERM",
        stopTimeoutSeconds: Int? = nil, mountCount: Int = 0, volumes: [String] = [],
        mounts: [Mount] = [], publishedPorts: [PublishedPort] = [], networkMode: String = "bridge",
        networks: Set<String> = [], memoryLimit: Int64 = 0, cpuLimit: Int64 = 0
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.imageID = imageID
        self.state = state
        self.pid = pid
        self.exitCode = exitCode
        self.isOOMKilled = isOOMKilled
        self.error = error
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.restartCount = restartCount
        self.health = health
        self.healthcheck = healthcheck
        self.restartPolicy = restartPolicy
        self.isRemovedWhenStopped = isRemovedWhenStopped
        self.stopSignal = stopSignal
        self.stopTimeoutSeconds = stopTimeoutSeconds
        self.mountCount = mountCount
        self.volumes = volumes
        self.mounts = mounts
        self.publishedPorts = publishedPorts
        self.networkMode = networkMode
        self.networks = networks
        self.memoryLimit = memoryLimit
        self.cpuLimit = cpuLimit
    }
}
