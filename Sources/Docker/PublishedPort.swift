/// A port of a container that is reached through one of the machine.
public struct PublishedPort: Hashable, Sendable {
    /// The port inside, of TCP.
    public let inside: UInt16
    /// The machine's address it is bound to; empty for all of them.
    public let address: String
    /// The machine's port; 0 where the engine chooses one at each start.
    public let outside: UInt16

    public init(inside: UInt16, address: String, outside: UInt16) {
        self.inside = inside
        self.address = address
        self.outside = outside
    }
}
