/// What happened in a deploy. The journal of a deploy is the list of its events, and its state is folded from them.
public enum DeployEvent: Hashable, Sendable, Codable {
    /// The first one.
    case began(DeployHeader)
    /// Written before an act begins.
    case started(Act)
    /// The act succeeded.
    case done(Act)
    /// The image names of the built services and what they stood for: an image's id, or empty for none.
    case pinned([String: String])
    /// What is to change, in this order; and which services have data to bring up to date.
    case planned([DeployUnit], migrations: [String])
    /// The act failed.
    /// - Parameter standing: how well the new container of the unit was at the end; nil where the act is not about one.
    case failed(Act, reason: String, standing: DeployUnit.Standing?)
    /// A person ended the taking up of a cut-off deploy before it was over; the act that is to be done next.
    case stopped(Act)
    /// The deploy is over.
    case ended(DeployOutcome, reason: String)
}

/// Who deploys what.
public struct DeployHeader: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        case deploy
        /// Back to the images that were pinned as `keep-N`.
        case rollback(Int)
    }

    public let id: String
    public let project: String
    public let kind: Kind
    /// The user, and the machine's boot: pids mean nothing after another.
    public let owner: String
    public let pid: Int32
    public let boot: String
    /// What is built from, as the caller says; empty where nobody does.
    public let commit: String
    /// What it was told to look after, for whoever takes it to its end and was told otherwise; nil in journals of before
    /// these were kept.
    public let service: String?
    public let healthURL: String?
    /// The name of the Compose file, without its folder, which is the history's.
    public let composeFile: String?
    public let time: String

    public init(
        id: String, project: String, kind: Kind, owner: String = "", pid: Int32 = 0, boot: String = "",
        commit: String = "", service: String? = nil, healthURL: String? = nil, composeFile: String? = nil,
        time: String = ""
    ) {
        self.id = id
        self.project = project
        self.kind = kind
        self.owner = owner
        self.pid = pid
        self.boot = boot
        self.commit = commit
        self.service = service
        self.healthURL = healthURL
        self.composeFile = composeFile
        self.time = time
    }
}
