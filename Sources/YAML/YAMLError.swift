/// Why a text is no YAML that is taken, and where.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// Counted from 1.
    public let column: Int
    /// What is wrong, without the place.
    public let message: String

    public var description: String { "line \(self.line), column \(self.column): \(self.message)" }
}
