import EventLoop

/// One way to break the project, and what must come of it.
struct Fault: Sendable {
    /// What a fault needs besides a project that runs.
    enum Need: Hashable, Sendable {
        /// The switches of the test image.
        case switches
        /// A database whose volume can be filled.
        case smallDisk
        /// A journal whose disk can be filled.
        case journalDisk
    }

    /// As `--only` names it.
    let name: String
    /// For a person.
    let title: String
    var needs: Set<Need> = []
    /// Whether the real project may be broken so: it hurts for a moment, and nothing of it has to be put back.
    var isForReal = false
    /// What clients ask for.
    var path = "/health"
    /// How long it goes on by itself before the drill ends it; zero for what only healing ends.
    var lasts = Duration.zero
    /// How long after the end all must be well.
    var limit = Duration.seconds(60)
    let wanted: Expectation
    /// Breaks it. What has to be put back is said with ``Scene/later(_:)``.
    let inject: @Loop @Sendable (Scene) async throws -> Void
}
