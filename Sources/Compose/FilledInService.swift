/// What of a service can be known only once its variables are filled in.
public struct FilledInService: Hashable, Sendable {
    /// What the file says, or Compose's own name for what it builds.
    public let image: String
    /// The machine's ports that it publishes, without those that the engine chooses.
    public let ports: Set<UInt16>
    /// How many containers of it are to run: `scale`, or else `deploy.replicas`, or else 1.
    public let scale: Int

    public init(image: String = "", ports: Set<UInt16> = [], scale: Int = 1) {
        self.image = image
        self.ports = ports
        self.scale = scale
    }
}
