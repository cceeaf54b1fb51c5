/// Something that shall happen. Decisions are carried out in order; a record is durable before the action after it.
public enum Decision: Hashable, Sendable {
    case record(Record)
    case act(ServiceID, Action)
}

/// What is to be done to a container through the engine.
public struct Action: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        /// Stop signal, `grace`, kill, start: as `docker compose restart` does.
        case restart(grace: Duration)
        /// Start a container that is not running.
        case start

        public var name: String {
            switch self {
            case .restart: "restart"
            case .start: "start"
            }
        }
    }

    public var kind: Kind
    public var container: String

    public init(_ kind: Kind, container: String) {
        self.kind = kind
        self.container = container
    }
}
