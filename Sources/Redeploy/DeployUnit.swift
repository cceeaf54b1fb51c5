/// One container that a deploy changes: a replica of a service.
public struct DeployUnit: Hashable, Sendable, Codable {
    /// What becomes of it.
    public enum Change: String, Hashable, Sendable, Codable {
        /// There is none yet; Compose makes it.
        case create
        /// It is the right one and does not run; Compose starts it.
        case start
        /// A new one takes its place.
        case replace
        /// A front that nothing turns on any more, which gives its port back; or a replica too many.
        case remove
    }

    /// In which order a new one takes the place of an old one.
    public enum Order: String, Hashable, Sendable, Codable {
        /// The new one serves before the old one is stopped.
        case startFirst = "start-first"
        /// Something can't be had twice, so that the old one is stopped first. It is kept.
        case stopFirst = "stop-first"
    }

    /// How well a container is, from worst to best: a failed deploy leaves the better of two.
    public enum Standing: Int, Hashable, Sendable, Codable, Comparable {
        case gone, ended, unhealthy, running, healthy

        public static func < (one: Standing, other: Standing) -> Bool { one.rawValue < other.rawValue }
    }

    /// The container that is there before the deploy.
    public struct Old: Hashable, Sendable, Codable {
        public let id: String
        public let standing: Standing
        /// Docker's own restart policy, which is off while the container is kept beside the new one.
        public let restartPolicy: String
        public let restartRetries: Int
        /// Whether it is of a one-shot service and did its work; nil in older journals.
        public let isDone: Bool?

        public init(
            id: String, standing: Standing, restartPolicy: String = "no", restartRetries: Int = 0, isDone: Bool? = nil
        ) {
            self.id = id
            self.standing = standing
            self.restartPolicy = restartPolicy
            self.restartRetries = restartRetries
            self.isDone = isDone
        }

        /// Whether it is started when it is put back. A job that is done must not do its work again, in its old version.
        var isToRun: Bool { self.standing > .ended && self.isDone != true }
    }

    public let service: String
    /// Compose's number of the replica.
    public let number: Int
    /// The name of its container, before and after.
    public let name: String
    public let change: Change
    public let order: Order
    /// Why in this order, for a person.
    public let reason: String
    /// Whether the new one is tried out of sight, without ports and names, while the old one still serves.
    public let isRehearsed: Bool
    /// Nil where there is none.
    public let old: Old?

    public init(
        service: String, number: Int = 1, name: String, change: Change, order: Order = .stopFirst, reason: String = "",
        isRehearsed: Bool = false, old: Old? = nil
    ) {
        self.service = service
        self.number = number
        self.name = name
        self.change = change
        self.order = order
        self.reason = reason
        self.isRehearsed = isRehearsed
        self.old = old
    }

    // The names of the containers beside the one that serves. Compose's own have no dot in them.

    /// The new one until it takes the name.
    public var nameOfNew: String { "\(self.name).new" }
    /// The old one from then on.
    public var nameOfOld: String { "\(self.name).old" }
    /// The new one out of sight.
    public var nameOfRehearsal: String { "\(self.name).rehearsal" }

    /// Whether a container that was there is stopped and kept until the commit.
    var isRetired: Bool { self.change == .replace || self.change == .remove }
}
