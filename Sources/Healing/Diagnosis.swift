/// What kind of bad it is, with the evidence.
public struct Diagnosis: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The process ended though nobody asked for it.
        case exited
        /// It ended again and again; bringing it back is not enough.
        case crashLoop = "crash_loop"
        case outOfMemory = "out_of_memory"
        /// The engine could not start it.
        case startFailed = "start_failed"
        /// Every thread is stopped.
        case frozen
        /// Takes connections and does not answer in time.
        case unresponsive
        /// Answered once and refuses connections now.
        case refusing
        /// Answers with an error, and names no dependency for it.
        case answersError = "answers_error"
        /// What it answers is no HTTP.
        case brokenAnswer = "broken_answer"
        /// Docker's healthcheck fails.
        case unhealthy
        /// It is well by itself, but something it depends on is not.
        case dependency
        /// Bad signs that were not confirmed when an operator asked for healing.
        case unconfirmed

        /// Whether no state of a dependency can look like this from outside.
        var isOwn: Bool {
            switch self {
            case .frozen, .outOfMemory, .startFailed: true
            case .exited, .crashLoop, .unresponsive, .refusing, .answersError, .brokenAnswer, .unhealthy, .dependency,
                .unconfirmed:
                false
            }
        }

        /// Whether a dependency that is stopped for good can look like this from outside: it refuses or is not found,
        /// so a process that hangs or refuses is not waiting for it.
        var mayBeCausedByDependency: Bool {
            switch self {
            case .dependency, .answersError, .unhealthy, .exited, .crashLoop, .unconfirmed: true
            case .outOfMemory, .startFailed, .frozen, .unresponsive, .refusing, .brokenAnswer: false
            }
        }
    }

    public var kind: Kind
    /// The evidence in words, for people.
    public var evidence: String

    public init(_ kind: Kind, _ evidence: String) {
        self.kind = kind
        self.evidence = evidence
    }
}
