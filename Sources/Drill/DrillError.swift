/// Why a drill could not be held, or a fault not be injected. What the drill finds is no error but its result.
public struct DrillError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller branches on.
    public enum Code: Hashable, Sendable {
        /// Nothing was broken: the project could not be made, or may not be used for a drill.
        case notBegun
        /// One fault could not be injected, or what it needs is not there.
        case notInjected
        /// It was told to stop.
        case interrupted
    }

    public let code: Code
    /// For a person: what is wrong, and what to do where that is known.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
