public import EventLoop

/// The Docker Engine behind a unix socket.
///
/// Each call is one request of the Engine API, has a deadline of its own, and throws ``EngineError`` and nothing else.
/// Connections are kept and shared; a call that runs into its deadline closes the one it used.
@Loop
public final class Engine {
    /// Where the engine listens.
    public nonisolated let socketPath: String

    var version: String?

    /// An engine at `socketPath`. Nothing is opened before the first call.
    public nonisolated init(socketPath: String) {
        self.socketPath = socketPath
    }
}
