/// The facts of some time and what was done in it, kept so that the same can be judged by another policy.
public struct FactLog: Hashable, Sendable {
    public enum Entry: Hashable, Sendable, Codable {
        case fact(Fact, at: Moment)
        /// An action was decided.
        case acted(ServiceID, Action, at: Moment)

        public var moment: Moment {
            switch self {
            case .fact(_, let moment), .acted(_, _, let moment): moment
            }
        }
    }

    /// What the facts are about.
    public struct Header: Hashable, Sendable, Codable {
        public let incident: Int
        /// The service of the incident.
        public let service: ServiceID
        public let dependencies: [String: [String]]
        public let probed: Set<String>
        public let relations: [String: Relations]
        /// The policy in force, as ``Policy/settings`` writes it.
        public let policy: [String: String]
        /// The wall clock at the moment zero, in nanoseconds since 1970.
        public let origin: Int64

        public init(
            incident: Int, service: ServiceID, dependencies: [String: [String]], probed: Set<String>,
            relations: [String: Relations] = [:], policy: [String: String], origin: Int64
        ) {
            self.incident = incident
            self.service = service
            self.dependencies = dependencies
            self.probed = probed
            self.relations = relations
            self.policy = policy
            self.origin = origin
        }

        /// The world as `state` knows it; the policy is that of the incident's service.
        public init(incident: Int, of service: ServiceID, in state: HealingState, origin: Int64) {
            self.init(
                incident: incident, service: service, dependencies: state.dependencies, probed: state.probed,
                relations: state.relations, policy: state.policy(of: service.service).settings, origin: origin)
        }
    }

    public let header: Header
    public let entries: [Entry]

    public init(_ header: Header, _ entries: [Entry]) {
        self.header = header
        self.entries = entries
    }
}
