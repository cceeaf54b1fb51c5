/// A deploy as Render's API shows it (https://api-docs.render.com/reference/list-deploys).
public struct RenderDeploy: Codable, Hashable, Sendable {
    public struct Commit: Codable, Hashable, Sendable {
        public let id: String?
        public let message: String?
    }

    /// What becomes of a deploy, as far as a status tells.
    public enum Outcome: Hashable, Sendable {
        case inProgress
        case live
        /// It was live until another one took its place.
        case superseded
        case failed
        /// A status that this program does not know.
        case unknown
    }

    public let id: String
    public let status: String
    public let trigger: String?
    public let commit: Commit?
    /// RFC 3339.
    public let createdAt: String?
    public let finishedAt: String?

    public var outcome: Outcome {
        switch self.status {
        case "created", "queued", "build_in_progress", "pre_deploy_in_progress", "update_in_progress": .inProgress
        case "live": .live
        case "deactivated": .superseded
        case "build_failed", "pre_deploy_failed", "update_failed", "canceled": .failed
        default: .unknown
        }
    }

    /// One line for a person.
    public var text: String {
        let commit = self.commit?.id.map { String($0.prefix(10)) } ?? "-"
        let subject = self.commit?.message?.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return [self.id, self.status, self.createdAt ?? "-", self.trigger ?? "-", commit, subject]
            .filter { !$0.isEmpty }.map { printable($0) }.joined(separator: "  ")
    }
}

/// A service as Render's API shows it.
public struct RenderService: Decodable, Hashable, Sendable {
    public let id: String
    public let name: String
    /// `yes` or `no`.
    public let autoDeploy: String?
}
