/// That one service needs another, and in what state.
public struct Dependency: Hashable, Sendable {
    /// What the other service must be before the one that depends on it is started.
    public enum Condition: String, Hashable, Sendable {
        case started = "service_started"
        case healthy = "service_healthy"
        case completed = "service_completed_successfully"
    }

    public let condition: Condition
    /// Whether Compose restarts the one that depends when it restarts the other (`restart: true`).
    public let restartsWithIt: Bool

    public init(condition: Condition, restartsWithIt: Bool = false) {
        self.condition = condition
        self.restartsWithIt = restartsWithIt
    }

    /// The label ``ComposeLabels/dependsOn`` as Compose writes it.
    public static func label(_ dependencies: [String: Dependency]) -> String {
        dependencies.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value.condition.rawValue):\($0.value.restartsWithIt)" }.joined(separator: ",")
    }

    /// Reads the label ``ComposeLabels/dependsOn``: `db:service_healthy:false,cache:service_started:true`.
    ///
    /// Older versions of Compose leave out the last part or all but the name. A condition we do not know counts as
    /// ``Condition/started``, the weakest one.
    public static func parse(label: String) -> [String: Dependency] {
        var dependencies: [String: Dependency] = [:]
        for entry in label.split(separator: ",") {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, !name.isEmpty else { continue }
            dependencies[name] = Dependency(
                condition: parts.count > 1 ? Condition(rawValue: parts[1]) ?? .started : .started,
                restartsWithIt: parts.count > 2 && parts[2] == "true")
        }
        return dependencies
    }
}
