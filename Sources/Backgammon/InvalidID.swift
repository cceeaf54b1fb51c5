/// A position ID, match ID or match code that means nothing.
public struct InvalidID: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was read.
    public enum Kind: String, Hashable, Sendable {
        case position = "position ID"
        case match = "match ID"
        case code = "match code"
    }

    public let kind: Kind
    /// What is wrong with it. Never repeats what was read.
    public let reason: String

    init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    public var description: String { "invalid \(self.kind.rawValue): \(self.reason)" }
}
