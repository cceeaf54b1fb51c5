/// Why a call to the engine did not give what was asked for.
///
/// It is about the conversation with the engine, never about the health of a container: who gets one knows nothing new
/// about the container, except where ``Code/notFound`` or ``Code/conflict`` say so.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller branches on.
    public enum Code: Hashable, Sendable {
        /// There is no socket, nobody listens, we may not use it, or the connection ended before the answer did.
        case unreachable
        /// The deadline of the call passed. What was asked for may still happen.
        case timedOut
        /// The task that made the call was cancelled. What was asked for may still happen.
        case cancelled
        /// The engine knows no such container or exec (404).
        case notFound
        /// The container is in no state for it (409), such as an exec in a container that does not run.
        case conflict
        /// Any other status that is no success.
        case refused(Int)
        /// The answer is not what the API promises, or larger than anything it should send.
        case malformed
    }

    public let code: Code
    /// For a person: what went wrong, in the engine's own words where it gave any.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
