/// Why the watchdog can't begin, or a command can't be carried out. Once it has begun nothing of this ends it.
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
        /// A command needs a running watchdog, and there is none.
        case watchdogMissing
        /// The running watchdog can't be spoken to.
        case controlUnusable
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
