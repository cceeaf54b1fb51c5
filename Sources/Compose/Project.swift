/// What a Compose file says, as far as healing and redeploying need it.
///
/// Read through Compose itself, so that extensions, anchors, includes and defaults mean what they mean to Compose;
/// without interpolation, so that no secret of the environment gets into this process.
public struct Project: Hashable, Sendable {
    /// The name that Compose labels the project's containers with.
    public let name: String
    /// The services by name.
    public let services: [String: Service]

    public init(name: String, services: [String: Service]) {
        self.name = name
        self.services = services
    }
}
