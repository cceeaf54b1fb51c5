/// Why the watchdog can't begin. Once it has begun nothing of this ends it.
public struct WatchError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        case malformedSettings
        case alreadyRunning
        case engineMissing
        case composeFileUnusable
        case unknownService
        case logFileUnusable
        /// Neither way of asking the health URL works.
        case probeImpossible
    }

    public let code: Code
    /// One line for a person: what is wrong, where, and what to do.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
