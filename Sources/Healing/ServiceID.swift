/// One replica of one Compose service, whatever container it lives in at the moment. Backoff and incidents belong to
/// this identity, so that recreating a container does not start them over.
public struct ServiceID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The service's name in the compose file.
    public let service: String
    /// Compose's container number, from 1.
    public let replica: Int

    public init(_ service: String, replica: Int = 1) {
        self.service = service
        self.replica = replica
    }

    public var description: String { self.replica == 1 ? self.service : "\(self.service).\(self.replica)" }
}
