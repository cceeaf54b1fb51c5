/// What a container is doing, in the engine's words.
public enum ContainerState: String, Hashable, Sendable {
    /// Made, never started.
    case created
    /// Its main process runs. That process may still be stopped by a signal or stuck.
    case running
    /// All its processes are frozen by `docker pause`.
    case paused
    /// Its main process ended and the restart policy waits before it starts it again.
    case restarting
    /// On its way out.
    case removing
    /// Its main process ended, and nobody will start it again by itself.
    case exited
    /// The engine failed to remove it.
    case dead
}
