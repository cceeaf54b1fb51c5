/// Why a service is not ours to heal, although it may not be serving.
public enum StandDown: String, Hashable, Sendable, CaseIterable {
    /// A person (or a script of theirs) stopped or killed it through the engine.
    case stopped = "stopped_by_a_person"
    /// A stop was asked for and is going on.
    case stopping = "being_stopped_by_a_person"
    /// It was found stopped, and nothing tells who did it: the person is given the benefit.
    case foundStopped = "found_stopped"
    /// It did its work: exit code 0, and a restart policy that leaves it so.
    case completed
    /// A job failed and its restart policy leaves it so, or to start what ended is not what we were asked for.
    case ended = "ended"
    case paused = "paused_by_a_person"
    /// A tracer is attached to its process.
    case debugged = "a_debugger_is_attached"
    /// There is no container, or one that was never started.
    case removed = "no_container"
    /// An operator paused the watchdog's hands.
    case maintenance = "a_maintenance_pause_is_on"
    /// A deploy answers for it.
    case deploying = "a_deploy_is_going_on"

    /// Whether it ends by itself, soon.
    var isPassing: Bool { self == .stopping || self == .deploying || self == .maintenance }
}
