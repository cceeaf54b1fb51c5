/// One service of a Compose file.
public struct Service: Hashable, Sendable {
    /// A service's healthcheck as the Compose file has it. What is nil comes from the image or is Docker's default.
    public struct Check: Hashable, Sendable {
        /// `CMD` and arguments, or `CMD-SHELL` and one line; empty where only times are overridden.
        public let test: [String]
        public let interval: Duration?
        public let timeout: Duration?
        public let startPeriod: Duration?
        public let retries: Int?

        public init(
            test: [String], interval: Duration? = nil, timeout: Duration? = nil, startPeriod: Duration? = nil,
            retries: Int? = nil
        ) {
            self.test = test
            self.interval = interval
            self.timeout = timeout
            self.startPeriod = startPeriod
            self.retries = retries
        }
    }

    /// The services it depends on.
    public let dependsOn: [String: Dependency]
    /// Whether it is built and not only pulled.
    public let hasBuild: Bool
    /// The image, where the file names one; variables stand as they are written.
    public let image: String?
    /// Its healthcheck; nil when the file has none or disables it.
    public let healthcheck: Check?
    /// How long it has to stop; nil where Docker's 10 s apply.
    public let stopGracePeriod: Duration?
    /// The signal that asks it to stop; nil where the image decides.
    public let stopSignal: String?
    /// The restart policy as it is written, such as `always`; nil for none.
    public let restart: String?
    /// `selfheal.*` and all other labels.
    public let labels: [String: String]
    /// For a proxy: the service whose port it holds and whose containers it finds by itself.
    public var frontOf: String? { self.labels[SelfhealLabels.front] }
    /// The service in whose network it lives (`network_mode: service:…`); nil for a network of its own.
    public let networkOf: String?
    /// Whether the file gives its container a name, so that there can be only one.
    public let hasFixedName: Bool

    public init(
        dependsOn: [String: Dependency] = [:], hasBuild: Bool = false, image: String? = nil,
        healthcheck: Check? = nil, stopGracePeriod: Duration? = nil, stopSignal: String? = nil,
        restart: String? = nil, labels: [String: String] = [:], networkOf: String? = nil, hasFixedName: Bool = false
    ) {
        self.dependsOn = dependsOn
        self.hasBuild = hasBuild
        self.image = image
        self.healthcheck = healthcheck
        self.stopGracePeriod = stopGracePeriod
        self.stopSignal = stopSignal
        self.restart = restart
        self.labels = labels
        self.networkOf = networkOf
        self.hasFixedName = hasFixedName
    }
}
