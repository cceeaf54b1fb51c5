/// A value in force, and where it comes from.
public struct Setting<Value: Sendable & Hashable>: Sendable, Hashable {
    public let value: Value
    public let source: SettingSource

    public init(_ value: Value, _ source: SettingSource = .standard) {
        self.value = value
        self.source = source
    }
}

/// Where a setting comes from, as a person can look it up.
public enum SettingSource: Sendable, Hashable, CustomStringConvertible {
    /// Nobody said anything else.
    case standard
    case environment(String)
    case label(String)
    case composeFile
    /// The engine's word on the container: from the compose file, the image, or the engine's own defaults.
    case container

    public var description: String {
        switch self {
        case .standard: "default"
        case .environment(let name): "environment \(name)"
        case .label(let name): "label \(name)"
        case .composeFile: "compose file"
        case .container: "container"
        }
    }
}
