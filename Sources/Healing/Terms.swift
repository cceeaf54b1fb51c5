/// What healing goes by for one service.
public struct Terms: Hashable, Sendable, Codable {
    /// The services it depends on directly. Those that are not watched do not count.
    public var dependencies: [String]
    /// Whether its health URL is asked.
    public var isProbed: Bool
    public var policy: Policy

    public init(dependencies: [String] = [], isProbed: Bool = false, policy: Policy = Policy()) {
        self.dependencies = dependencies
        self.isProbed = isProbed
        self.policy = policy
    }
}
