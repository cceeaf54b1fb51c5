/// One line of the engine's list of containers.
public struct ContainerSummary: Hashable, Sendable {
    /// The full id.
    public let id: String
    /// The name, without the slash that the engine writes before it; empty when it has none any more.
    public let name: String
    public let labels: [String: String]
    public let state: ContainerState
    /// When it was made, to the second.
    public let created: EngineTime

    public init(id: String, name: String, labels: [String: String], state: ContainerState, created: EngineTime) {
        self.id = id
        self.name = name
        self.labels = labels
        self.state = state
        self.created = created
    }
}
