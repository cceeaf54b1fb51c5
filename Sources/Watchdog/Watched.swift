public import Compose
import EventLoop
public import Healing

/// What one watchdog is about: a project, the service it was asked to keep alive, a proxy that holds its port, and the
/// services that those depend on.
public struct Watched: Sendable {
    public let project: String
    public let target: String
    /// Each watched service with its direct dependencies, as far as they are servers: a one-shot service that another
    /// waits to complete is not to be kept alive.
    public let dependencies: [String: [String]]
    /// How they hang together otherwise.
    public let relations: [String: Relations]
    public let folder: StateFolder

    /// - Throws: ``WatchError/Code/unknownService``, naming the services there are.
    public init(_ target: String, of project: Project, composeFile: String) throws(WatchError) {
        guard project.services[target] != nil else {
            let names = project.services.keys.sorted().joined(separator: ", ")
            throw WatchError(
                .unknownService,
                "there is no service \"\(target)\" in \(composeFile) (it has: \(names)). "
                    + "Name one of them in SERVICE_NAME or as the first argument.")
        }
        var dependencies: [String: [String]] = [:]
        var open = [target] + project.services.filter { $0.value.frontOf == target }.keys.sorted()
        while let service = open.popLast() {
            guard dependencies[service] == nil else { continue }
            let needed = project.services[service]?.dependsOn.filter { $0.value.condition != .completed } ?? [:]
            dependencies[service] = needed.keys.sorted()
            open += needed.keys
            // Cut off when its container is started anew, whatever it is.
            open += project.services.filter { $0.value.networkOf == service }.keys
        }
        self.project = project.name
        self.target = target
        self.dependencies = dependencies
        self.relations = project.services.filter { dependencies[$0.key] != nil }.mapValues(Relations.init)
        self.folder = StateFolder(besides: composeFile, project: project.name)
    }

    /// Asks Compose what the project is.
    ///
    /// - Throws: ``WatchError`` with what to do about it.
    @Loop
    public static func load(_ settings: WatchSettings) async throws(WatchError) -> Watched {
        let project: Project
        do {
            project = try await ComposeCLI(file: settings.composeFile).project(within: .seconds(20))
        } catch {
            let advice =
                switch error.code {
                case .fileMissing: "Run it in the project's folder, or name the file in COMPOSE_FILE."
                case .pluginMissing, .dockerMissing: "scripts/up.sh installs what is missing."
                case .invalid, .timedOut, .cancelled: "`docker compose -f \(settings.composeFile) config` shows more."
                }
            throw WatchError(.composeFileUnusable, "\(error.message). \(advice)")
        }
        return try Watched(settings.service, of: project, composeFile: settings.composeFile)
    }
}

extension Relations {
    init(_ service: Service) {
        self.init(
            restartsWith: Set(service.dependsOn.filter(\.value.restartsWithIt).keys),
            needsOnlyStarted: Set(service.dependsOn.filter { $0.value.condition == .started }.keys),
            networkOf: service.networkOf, isBuilt: service.hasBuild)
    }
}
