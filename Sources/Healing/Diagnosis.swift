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
        /// Does not answer, and gets nothing done: none of its threads runs, or one runs all the time.
        case stuck
        /// Does not answer in time because it hardly gets a processor.
        case busy
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
        /// Health that comes and goes.
        case flapping
        /// It is to be restarted with a dependency (`restart: true`), and that one was.
        case dependencyRestarted = "dependency_restarted"
        /// The container whose network it shares has been started or made anew: its own is cut off.
        case detached
        /// Bad signs that were not confirmed when an operator asked for healing.
        case unconfirmed

        /// Whether no state of a dependency can look like this from outside.
        var isOwn: Bool {
            switch self {
            case .frozen, .outOfMemory, .startFailed: true
            case .exited, .crashLoop, .stuck, .busy, .unresponsive, .refusing, .answersError, .brokenAnswer, .unhealthy,
                .dependency, .flapping, .dependencyRestarted, .detached, .unconfirmed:
                false
            }
        }

        /// Whether a dependency that is stopped for good can look like this from outside: it refuses or is not found,
        /// so a process that hangs or refuses is not waiting for it.
        var mayBeCausedByDependency: Bool {
            switch self {
            case .dependency, .answersError, .unhealthy, .exited, .crashLoop, .flapping, .unconfirmed: true
            case .outOfMemory, .startFailed, .frozen, .stuck, .busy, .unresponsive, .refusing, .brokenAnswer,
                .dependencyRestarted, .detached:
                false
            }
        }

        /// Whether our probe alone says so, and Docker's check may say the contrary.
        var isProbesWord: Bool {
            switch self {
            case .unresponsive, .refusing, .answersError, .brokenAnswer: true
            case .exited, .crashLoop, .outOfMemory, .startFailed, .frozen, .stuck, .busy, .unhealthy, .dependency,
                .flapping, .dependencyRestarted, .detached, .unconfirmed:
                false
            }
        }

        /// Whether a full disk can look like this: then no restart helps.
        var mayBeCausedByFullDisk: Bool {
            switch self {
            case .exited, .crashLoop, .startFailed, .answersError, .unhealthy, .dependency, .flapping, .unconfirmed:
                true
            case .outOfMemory, .frozen, .stuck, .busy, .unresponsive, .refusing, .brokenAnswer, .dependencyRestarted,
                .detached:
                false
            }
        }

        /// Whether more than a restart may be tried when that does not help.
        var mayEscalate: Bool {
            switch self {
            case .dependency, .dependencyRestarted, .busy: false
            case .exited, .crashLoop, .outOfMemory, .startFailed, .frozen, .stuck, .unresponsive, .refusing,
                .answersError, .brokenAnswer, .unhealthy, .flapping, .detached, .unconfirmed:
                true
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
