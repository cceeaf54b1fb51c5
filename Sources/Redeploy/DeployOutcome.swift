/// How a deploy ended. The raw value is the exit code, which scripts go by: never renumbered.
public enum DeployOutcome: Int32, Hashable, Sendable, Codable {
    /// What was wanted runs, and was verified.
    case deployed = 0
    /// It failed, and what served before was not touched.
    case failedUntouched = 10
    /// It failed, what served before serves again, and that was verified.
    case rolledBack = 11
    /// It failed, and there is no going back, or going back failed.
    case rollbackFailed = 12
    /// What runs is what was wanted.
    case nothingToDo = 13
    /// Another deploy of the project is going on.
    case locked = 14
    /// It was refused before anything was begun: settings, compose file, missing secrets.
    case misconfigured = 15

    /// In words, for a person and for scripts that read JSON.
    public var word: String {
        switch self {
        case .deployed: "deployed"
        case .failedUntouched: "failed_untouched"
        case .rolledBack: "rolled_back"
        case .rollbackFailed: "rollback_failed"
        case .nothingToDo: "nothing_to_do"
        case .locked: "locked"
        case .misconfigured: "misconfigured"
        }
    }
}
