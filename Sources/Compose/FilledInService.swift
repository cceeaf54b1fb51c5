/// What of a service can be known only once its variables are filled in.
public struct FilledInService: Hashable, Sendable {
    /// What the file says, or Compose's own name for what it builds.
    public let image: String
    /// The machine's ports that it publishes, without those that the engine chooses.
    public let ports: Set<UInt16>
    /// How many containers of it are to run: `scale`, or else `deploy.replicas`, or else 1.
    public let scale: Int
    /// The engine's names of the networks it is in; nil where it has none of its own.
    public let networks: Set<String>?
    /// In bytes; 0 for no limit.
    public let memoryLimit: Int64
    /// In billionths of a processor; 0 for no limit.
    public let cpuLimit: Int64

    public init(
        image: String = "", ports: Set<UInt16> = [], scale: Int = 1, networks: Set<String>? = nil,
        memoryLimit: Int64 = 0, cpuLimit: Int64 = 0
    ) {
        self.image = image
        self.ports = ports
        self.scale = scale
        self.networks = networks
        self.memoryLimit = memoryLimit
        self.cpuLimit = cpuLimit
    }
}
