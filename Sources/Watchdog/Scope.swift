import Compose
import Healing
import Support

/// Whose containers are watched, and who is who among them.
public enum Scope: Sendable, Hashable {
    /// The services of a Compose project.
    case project(String)
    /// Containers whose label of this name says true, whatever project they belong to.
    case label(String)
    case everyContainer

    /// What the engine's lists and events are narrowed down to.
    var filter: [String] {
        switch self {
        case .project(let name): ["\(ComposeLabels.project)=\(name)"]
        // Its value comes in several forms, so it is looked at here.
        case .label(let name): [name]
        case .everyContainer: []
        }
    }

    /// How the command line is told of it; nil where it need not be.
    var option: String? {
        switch self {
        case .project: nil
        case .label(let name): "--label \(name)"
        case .everyContainer: "--label all"
        }
    }

    /// Whether a container with these labels is ours to look after.
    func covers(_ labels: [String: String]) -> Bool {
        switch self {
        case .project(let name):
            return labels[ComposeLabels.project] == name && ComposeLabels.isReplica(labels)
        case .label(let name):
            return labels[name].flatMap(Bool.init(setting:)) == true && Scope.isEnabled(labels)
        case .everyContainer:
            return Scope.isEnabled(labels)
        }
    }

    private static func isEnabled(_ labels: [String: String]) -> Bool {
        labels[SelfhealLabels.enable].flatMap(Bool.init(setting:)) != false
    }

    /// Who a container is, over restarts and recreations: its service and number where Compose made it, else its name.
    /// Nil when it is none of ours.
    func identity(_ labels: [String: String], name: String) -> ServiceID? {
        guard self.covers(labels) else { return nil }
        let number = labels[ComposeLabels.containerNumber].flatMap { Int($0) } ?? 1
        guard let service = labels[ComposeLabels.service], let project = labels[ComposeLabels.project],
            ComposeLabels.isReplica(labels)
        else { return name.isEmpty ? nil : ServiceID(name) }
        // No name of a container or service has a slash, so the two kinds are never mistaken for each other.
        if case .project = self { return ServiceID(service, replica: number) }
        return ServiceID("\(project)/\(service)", replica: number)
    }

    /// What the engine's list is narrowed down to for the containers of one service; nil for a container of that name.
    func filter(of service: String) -> [String]? {
        if case .project = self { return self.filter + ["\(ComposeLabels.service)=\(service)"] }
        let parts = service.split(separator: "/").map(String.init)
        guard parts.count == 2 else { return nil }
        return self.filter + ["\(ComposeLabels.project)=\(parts[0])", "\(ComposeLabels.service)=\(parts[1])"]
    }

    /// What a container that was found by its label depends on, as Compose wrote it into its labels.
    static func dependencies(_ labels: [String: String]) -> [String] {
        guard let project = labels[ComposeLabels.project], let text = labels[ComposeLabels.dependsOn] else { return [] }
        let servers = Dependency.parse(label: text).filter { $0.value.condition != .completed }
        return servers.keys.sorted().map { "\(project)/\($0)" }
    }
}
