public import Compose
import EventLoop
public import Healing
import Support

/// What one watchdog is about: a project and which of its services it looks after, or containers by their label.
public struct Watched: Sendable {
    /// One service that is looked after.
    public struct Service: Sendable, Hashable {
        /// Why it is.
        public enum Reason: String, Sendable, Hashable {
            case named = "it was named"
            case dependency = "a watched service depends on it"
            case front = "it holds the port of the service that was named"
            case network = "it lives in the network of a watched service"
            case all = "all services are watched"
            case label = "its label asks for it"
        }

        /// What it depends on directly, as far as those are servers: a one-shot service that another waits to complete
        /// is not to be kept alive.
        public let dependencies: [String]
        /// How it hangs together with others otherwise.
        public let relations: Relations
        public let settings: ServiceSettings
        public let reason: Reason

        /// What the healing core goes by.
        var terms: Terms {
            Terms(
                dependencies: self.dependencies, isProbed: self.settings.healthURL != nil,
                policy: self.settings.policy)
        }
    }

    /// The project's name, or what stands for it in the journal where containers of all projects are watched.
    public let project: String
    public let scope: Scope
    /// The service that was named; nil where none was.
    public let target: String?
    /// Those known from the beginning.
    public let services: [String: Service]
    public let folder: StateFolder
    /// Why the other services of the project are not looked after.
    public let leftOut: [String: String]
    /// What is odd about the settings, to be said once.
    public let warnings: [String]

    public var dependencies: [String: [String]] { self.services.mapValues(\.dependencies) }

    /// - Throws: ``WatchError/Code/unknownService``, naming the services there are;
    ///   ``WatchError/Code/malformedSettings``, naming all labels that are malformed.
    public init(_ settings: WatchSettings, of project: Project) throws(WatchError) {
        var warnings: [String] = []
        var faults: [String: [String]] = [:]
        var all: [String: ServiceSettings] = [:]
        for (name, service) in project.services.sorted(by: { $0.key < $1.key }) {
            var own = ServiceSettings()
            let complaints = own.read(service.labels)
            all[name] = own
            faults[name] = complaints.faults.map { "service \(name): \($0)" }
            warnings += complaints.warnings.map { "service \(name): \($0)" }
        }
        let reasons = try Watched.reasons(settings, project, all)
        let url = settings.setting(settings.healthURL, from: "HEALTH_URL")
        if case .service(let target) = settings.selection, all[target]?.healthURL == nil || url.source != .standard {
            all[target]?.healthURL = url
        }
        if settings.selection == .all, url.source != .standard {
            warnings.append(
                "HEALTH_URL is for a service that is named; with all of them, label each with "
                    + SelfhealLabels.healthURL)
        }
        let fatal = reasons.keys.sorted().flatMap { faults[$0] ?? [] }
        guard fatal.isEmpty else {
            throw WatchError(
                .malformedSettings, "\(fatal.joined(separator: "; ")). Correct it in \(settings.composeFiles).")
        }
        self.project = project.name
        self.scope = .project(project.name)
        if case .service(let target) = settings.selection { self.target = target } else { self.target = nil }
        self.folder = StateFolder(besides: settings.composeFiles, project: project.name)
        self.warnings = warnings
        let others = project.services.keys.filter { reasons[$0] == nil }
        self.leftOut = Dictionary(
            uniqueKeysWithValues: others.map { name in
                if all[name]?.isEnabled.value == false { return (name, "its label \(SelfhealLabels.enable) opts out") }
                guard settings.selection == .all else {
                    return (name, "it was not named, and nothing needs it that was")
                }
                return (name, "it does its work once, before another one starts")
            })
        self.services = Dictionary(
            uniqueKeysWithValues: reasons.map { name, reason in
                let dependencies = Watched.servers(name, needs: project).filter { reasons[$0] != nil }
                return (
                    name,
                    Service(
                        dependencies: dependencies,
                        relations: project.services[name].map(Relations.init) ?? Relations(),
                        settings: all[name] ?? ServiceSettings(), reason: reason)
                )
            })
    }

    /// Containers by their label: which ones, the engine tells.
    public init(byLabel settings: WatchSettings) {
        switch settings.selection {
        case .label(let name):
            self.scope = .label(name)
            self.project = "label:\(name)"
        case .everyContainer, .service, .all:
            self.scope = .everyContainer
            self.project = "all-containers"
        }
        self.target = nil
        self.services = [:]
        self.folder = StateFolder(besides: "./", project: self.project)
        self.leftOut = [:]
        self.warnings = []
    }

    /// The direct dependencies of a service that are servers.
    private static func servers(_ service: String, needs project: Project) -> [String] {
        let needed = project.services[service]?.dependsOn.filter { $0.value.condition != .completed } ?? [:]
        return needed.keys.sorted()
    }

    /// Which services are watched, and why.
    private static func reasons(
        _ settings: WatchSettings, _ project: Project, _ all: [String: ServiceSettings]
    ) throws(WatchError) -> [String: Service.Reason] {
        var reasons: [String: Service.Reason] = [:]
        switch settings.selection {
        case .service(let target):
            guard project.services[target] != nil else {
                let names = project.services.keys.sorted().joined(separator: ", ")
                throw WatchError(
                    .unknownService,
                    "there is no service \"\(target)\" in \(settings.composeFiles) (it has: \(names)). "
                        + "Name one of them in SERVICE_NAME or as the first argument, or watch all of them with --all.")
            }
            guard all[target]?.isEnabled.value == true else {
                throw WatchError(
                    .malformedSettings,
                    "service \(target) is opted out by its label \(SelfhealLabels.enable) in \(settings.composeFiles). "
                        + "Take the label away, or name another service.")
            }
            reasons[target] = .named
            for (name, service) in project.services where service.frontOf == target { reasons[name] = .front }
        case .all, .label, .everyContainer:
            let oneShots = project.services.values.flatMap { service in
                service.dependsOn.filter { $0.value.condition == .completed }.keys
            }
            for name in Set(project.services.keys).subtracting(oneShots) where all[name]?.isEnabled.value == true {
                reasons[name] = .all
            }
        }
        var open = Array(reasons.keys)
        while let service = open.popLast() {
            for needed in Watched.servers(service, needs: project) where reasons[needed] == nil {
                reasons[needed] = .dependency
                open.append(needed)
            }
            // Cut off when its container is started anew, whatever it is.
            for (name, other) in project.services where other.networkOf == service && reasons[name] == nil {
                reasons[name] = .network
                open.append(name)
            }
        }
        return reasons
    }

    /// Finds out what is to be watched; for a project Compose is asked what it is.
    ///
    /// - Throws: ``WatchError`` with what to do about it.
    @Loop
    public static func load(_ settings: WatchSettings) async throws(WatchError) -> Watched {
        if settings.selection.isByLabel { return Watched(byLabel: settings) }
        return try Watched(settings, of: try await self.project(settings))
    }

    /// The same for who only looks: nobody need say what the running watchdog knows.
    ///
    /// - Returns: also the settings, with what is looked at.
    @Loop
    public static func loadToLook(_ settings: WatchSettings) async throws(WatchError) -> (WatchSettings, Watched) {
        if settings.selection.isByLabel { return (settings, Watched(byLabel: settings)) }
        let project = try await self.project(settings)
        let running = self.selectionOfRunning(in: settings.stateFolder(of: project.name))
        let found = settings.toLook(at: project, watchedFor: running)
        return (found, try Watched(found, of: project))
    }

    /// What the running watchdog was asked to look after; nil where none runs, or one that does not tell.
    static func selectionOfRunning(in folder: StateFolder) -> Selection? {
        guard FileLock.holder(ofLockAt: folder.watchLock) != nil else { return nil }
        return Logfmt.fields(FileLock.description(ofLockAt: folder.watchLock))?["service"].map(Selection.init(service:))
    }

    /// What ``selectionOfRunning(in:)`` reads.
    var lockDescription: String { Logfmt.line([("service", self.target ?? "*")]) }

    /// The project's name and where its state is kept: all that counts to who asks the running watchdog, which knows
    /// itself what it looks after.
    @Loop
    static func place(_ settings: WatchSettings) async throws(WatchError) -> (project: String, folder: StateFolder) {
        if settings.selection.isByLabel {
            let watched = Watched(byLabel: settings)
            return (watched.project, watched.folder)
        }
        let name = try await self.project(settings).name
        return (name, settings.stateFolder(of: name))
    }

    @Loop
    static func project(_ settings: WatchSettings) async throws(WatchError) -> Project {
        do {
            return try await ComposeCLI(files: settings.composeFiles).project(within: .seconds(20))
        } catch {
            let advice =
                switch error.code {
                case .fileMissing: "Run it in the project's folder, or name the file in COMPOSE_FILE."
                case .pluginMissing, .dockerMissing:
                    "Install Docker with Compose v2" + hint(" (scripts/up.sh does)", toScript: "scripts/up.sh") + "."
                case .invalid, .timedOut, .cancelled:
                    "`docker compose \(settings.composeFiles.flags) config` shows more."
                }
            throw WatchError(.composeFileUnusable, "\(error.message). \(advice)")
        }
    }
}

extension Relations {
    init(_ service: Compose.Service) {
        self.init(
            restartsWith: Set(service.dependsOn.filter(\.value.restartsWithIt).keys),
            needsRunning: Set(service.dependsOn.filter { $0.value.condition == .started }.keys),
            networkOf: service.networkOf, isBuilt: service.hasBuild)
    }
}
