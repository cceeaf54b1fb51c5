public import Support

/// A Compose file with its variables filled in.
public struct FilledInProject: Sendable {
    public let services: [String: FilledInService]
    /// All that `docker compose config --format json` prints. It holds secrets: whoever keeps anything of it hashes that.
    public let document: JSONValue
}
