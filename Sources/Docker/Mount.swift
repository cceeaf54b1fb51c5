/// Something of the outside that a container sees as a path.
public struct Mount: Hashable, Sendable {
    /// `volume`, `bind`, `tmpfs` or what else the engine knows.
    public let type: String
    /// The volume's name; empty for anything else.
    public let volume: String
    /// Where it is on the engine's machine; empty where it is nowhere.
    public let source: String
    /// The path inside the container.
    public let path: String
    /// Whether the container may write to it.
    public let isWritable: Bool

    public init(type: String, volume: String, source: String, path: String, isWritable: Bool) {
        self.type = type
        self.volume = volume
        self.source = source
        self.path = path
        self.isWritable = isWritable
    }
}
