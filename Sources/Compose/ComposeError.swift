/// Why Compose could not be asked, or did not like what it read.
public struct ComposeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller branches on.
    public enum Code: Hashable, Sendable {
        /// There is no such Compose file, or it can't be read.
        case fileMissing
        /// Compose says that the file is wrong; the message holds what it says.
        case invalid
        /// There is a `docker`, but no Compose v2 for it.
        case pluginMissing
        /// There is no `docker` program.
        case dockerMissing
        /// Compose did not end within the deadline and was killed.
        case timedOut
        /// The task that asked was cancelled, and Compose was killed.
        case cancelled
    }

    public let code: Code
    /// For a person, without values from the environment.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
