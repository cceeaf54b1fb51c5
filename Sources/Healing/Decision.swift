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
        /// Make the container anew from the same image, as `docker compose up --force-recreate` does; the old one has
        /// `grace` to stop.
        case recreate(grace: Duration)
        /// Make the container anew from `image`, which was once verified healthy.
        case rollBack(image: String, grace: Duration)

        public var name: String {
            switch self {
            case .restart: "restart"
            case .start: "start"
            case .recreate: "recreate"
            case .rollBack: "rollback"
            }
        }

        /// How long the process has from the stop signal to the kill; zero where none is stopped.
        public var grace: Duration {
            switch self {
            case .restart(let grace), .recreate(let grace), .rollBack(_, let grace): grace
            case .start: .zero
            }
        }

        /// Whether the container is replaced by another one.
        public var replacesContainer: Bool {
            switch self {
            case .restart, .start: false
            case .recreate, .rollBack: true
            }
        }
    }

    public var kind: Kind
    /// The container it is about; empty where that is gone and is to be made anew.
    public var container: String

    public init(_ kind: Kind, container: String) {
        self.kind = kind
        self.container = container
    }
}
