/// A value that must not get into a log or an answer by accident: it does not show itself.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The value itself, for the one place that needs it.
    public let value: String

    public init(_ value: String) { self.value = value }

    public var description: String { "***" }

    public var customMirror: Mirror { Mirror(reflecting: "***") }
}
