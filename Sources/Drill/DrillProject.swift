import Compose
import Docker
import EventLoop
import FoundationEssentials
import Glibc
import Support

/// The project that is broken: a copy of the compose file under a name of its own, with volumes, a port and secrets of
/// its own, and removed with all that it made; or the real one, of which nothing is made, changed or removed.
@Loop
final class DrillProject {
    let name: String
    /// Whether people use it.
    let isReal: Bool
    /// Holds what the drill writes: of a copy the compose file, the journals and the state of the watchdog.
    let folder: String
    let composeFiles: ComposeFiles
    let engine: Engine
    /// Of 127.0.0.1.
    let port: UInt16
    let app: String
    let database: String?
    let environment: [String: String]
    /// The image that `app` runs, under a name of this project's own.
    let image: String
    private let disk: SmallDisk?

    /// Where the small disk of the database lies, and how many MiB it has: a new cluster takes some 40, and the log
    /// before it is recycled some 64.
    private static nonisolated let diskSize = 320
    /// What leaks meets a limit of its own before it takes the machine's memory.
    static nonisolated let memoryLimit = "192m"
    /// Gives each of the players an address of his own, which they say in `X-Forwarded-For`: this machine, as a container
    /// sees it.
    private static nonisolated let trustedProxies = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"

    /// Held by whoever watches the project.
    var watchLock: String { StateFolder(besides: self.composeFiles, project: self.name).watchLock }

    private init(
        name: String, isReal: Bool, folder: String, composeFiles: ComposeFiles, engine: Engine, port: UInt16,
        app: String, database: String?, environment: [String: String], disk: SmallDisk?
    ) {
        self.name = name
        self.isReal = isReal
        self.folder = folder
        self.composeFiles = composeFiles
        self.engine = engine
        self.port = port
        self.app = app
        self.database = database
        self.environment = environment
        self.image = "selfheal-drill/\(name):app"
        self.disk = disk
    }

    /// Makes the copy. Nothing runs yet.
    ///
    /// - Parameters:
    ///   - image: what `app` shall run; nil to build it as the file says, with the switches compiled in.
    ///   - inside: the port that `app` serves on in its container.
    ///   - hasSmallDisk: whether the database's volume shall be so small that it can be filled.
    static func make(
        from files: ComposeFiles, app: String, inside: UInt16, image: String?, hasSmallDisk: Bool, engine: Engine,
        environment: [String: String]
    ) async throws(DrillError) -> DrillProject {
        let name = Self.freshName()
        var copy = try ComposeCopy(of: try await Self.configuration(of: files), app: app, as: name)
        let port = try FreePort.find()
        let folder = try Self.makeFolder(name)
        // Values that this drill does not make itself come from where the real project has them.
        if let path = realpath("\(files.folder)/.env", nil) {
            symlink(path, "\(folder)/.env")
            free(path)
        }
        var disk: SmallDisk?
        if hasSmallDisk, let database = copy.database {
            disk = try SmallDisk.mount(at: "\(folder)/db-disk", megabytes: Self.diskSize)
            copy.bindVolumes(of: database, to: "\(folder)/db-disk")
            copy.set("command", of: database, to: ["postgres", "-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB"])
        }
        let project = DrillProject(
            name: name, isReal: false, folder: folder, composeFiles: ComposeFiles("\(folder)/docker-compose.drill.yml"),
            engine: engine, port: port, app: app, database: copy.database, environment: Self.variables(environment),
            disk: disk)
        do throws(DrillError) { try await project.prepare(&copy, image: image, inside: inside) } catch {
            await project.remove()
            throw error
        }
        return project
    }

    /// The real project, which must run.
    static func real(
        _ files: ComposeFiles, app: String, inside: UInt16, engine: Engine, environment: [String: String]
    ) async throws(DrillError) -> DrillProject {
        let configuration = try await Self.configuration(of: files)
        guard let root = try? JSONDecoder().decode(JSONValue.self, from: Data(configuration.utf8)),
            let name = root["name"]?.string
        else { throw DrillError(.notBegun, "\(files) names no project") }
        // What a copy would be refused for is no matter here: it is only asked who depends on whom.
        let services = try ComposeCopy.roles(in: root, app: app)
        let folder = try Self.makeFolder(Self.freshName())
        func project(_ port: UInt16) -> DrillProject {
            DrillProject(
                name: name, isReal: true, folder: folder, composeFiles: files, engine: engine, port: port,
                app: services.app, database: services.database, environment: environment, disk: nil)
        }
        do throws(DrillError) {
            let ports = try await project(0).container(app).publishedPorts
            guard let port = ports.first(where: { $0.inside == inside })?.outside else {
                throw DrillError(.notBegun, "port \(inside) of \(app) is not published")
            }
            return project(port)
        } catch {
            await project(0).remove()
            throw error
        }
    }

    private static func configuration(of files: ComposeFiles) async throws(DrillError) -> String {
        do throws(ComposeError) {
            return try await ComposeCLI(files: files).configuration(within: .seconds(20))
        } catch { throw DrillError(.notBegun, error.message) }
    }

    private static func freshName() -> String { "drill-" + String(UInt64.random(in: 0...UInt64.max), radix: 36) }

    private static func makeFolder(_ name: String) throws(DrillError) -> String {
        let folder = "/tmp/\(name)"
        guard mkdir(folder, 0o700) == 0 else {
            throw DrillError(.notBegun, "\(folder) can't be made: \(String(cString: strerror(errno)))")
        }
        return folder
    }

    private func prepare(_ copy: inout ComposeCopy, image: String?, inside: UInt16) async throws(DrillError) {
        copy.set("image", of: self.app, to: .string(self.image))
        copy.set(
            "ports", of: self.app,
            to: [
                [
                    "target": .integer(Int(inside)), "published": .string(String(self.port)),
                    "host_ip": "127.0.0.1",
                ]
            ])
        copy.setVariable("TRUSTED_PROXIES", of: self.app, to: Self.trustedProxies)
        copy.set("mem_limit", of: self.app, to: .string(Self.memoryLimit))
        copy.set("memswap_limit", of: self.app, to: .string(Self.memoryLimit))
        copy.set("tmpfs", of: self.app, to: ["/tmp:size=1m"])
        copy.setHealthcheckInterval(of: self.app, to: "2s")
        if let database = self.database { copy.setHealthcheckInterval(of: database, to: "1s") }
        if let image {
            // What it is built from stays in the file: only what is built here is rolled back. Nothing builds it.
            try await must("docker", ["tag", image, self.image])
        } else {
            guard copy.isBuilt(self.app) else {
                throw DrillError(.notBegun, "service \"\(self.app)\" is not built here; name its image with --image")
            }
            copy.setBuildArgument("SWIFT_FLAGS", of: self.app, to: "-Xswiftc -DFAULT_INJECTION")
        }
        try self.write(copy.root.text)
        if image == nil { try await self.compose(["build", self.app], within: .seconds(3_600)) }
    }

    private func write(_ text: String) throws(DrillError) {
        // JSON is YAML.
        guard TextFile.write(text, to: self.composeFiles.first) else {
            throw DrillError(.notBegun, "\(self.composeFiles) can't be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Our environment with secrets of this project's own, and without what is meant for the real watchdog.
    private static func variables(_ environment: [String: String]) -> [String: String] {
        func random() -> String {
            (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
        }
        var variables = environment
        for name in [
            "SERVICE_NAME", "HEALTH_URL", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES",
            "INTERVAL_SECONDS", "LOG_FILE",
        ] {
            variables[name] = nil
        }
        let own = [
            "NODE_ENV": "test", "PGUSER": "gammonguru", "PGDATABASE": "gammonguru", "PGPASSWORD": random(),
            "ACCESS_TOKEN_SECRET": random(), "REFRESH_TOKEN_SECRET": random(),
            "SUPABASE_URL": "http://localhost:54321", "SUPABASE_SERVICE_KEY": random(),
        ]
        return variables.merging(own) { $1 }
    }

    // MARK: Running it

    @discardableResult
    func compose(_ words: [String], within limit: Duration = .seconds(120)) async throws(DrillError) -> String {
        try await must(
            "docker", ["compose"] + self.composeFiles.options + words, environment: self.environment,
            directory: self.folder, within: limit)
    }

    /// Starts all that does not run, and waits until it is healthy and serves. The real one is only waited for.
    func up(_ options: [String] = []) async throws(DrillError) {
        if !self.isReal { try await self.compose(["up", "--detach", "--wait", "--wait-timeout", "90"] + options) }
        let deadline = Loop.now.advanced(by: .seconds(60))
        while Loop.now < deadline {
            if await self.isServing("/health") { return }
            await pause(.milliseconds(200))
        }
        throw DrillError(.notBegun, "\(self.name) does not serve on 127.0.0.1:\(self.port)")
    }

    func url(_ path: String) throws(DrillError) -> ProbeURL {
        do throws(ProbeURL.Fault) { return try ProbeURL("http://127.0.0.1:\(self.port)\(path)") } catch {
            throw DrillError(.notBegun, "\(path) \(error)")
        }
    }

    func isServing(_ path: String) async -> Bool {
        guard let url = try? self.url(path) else { return false }
        if case .answered(200..<400, _) = await Docker.probe(url: url, within: .seconds(2)) { return true }
        return false
    }

    /// The one container that stands for a service.
    func container(_ service: String) async throws(DrillError) -> ContainerDetails {
        let details: ContainerDetails?
        do throws(EngineError) {
            let labels = ["\(ComposeLabels.project)=\(self.name)", "\(ComposeLabels.service)=\(service)"]
            let all = try await self.engine.containers(labels: labels, within: .seconds(10))
            if let one = all.first(where: { ComposeLabels.isReplica($0.labels) }) {
                details = try await self.engine.inspect(one.id, within: .seconds(10))
            } else {
                details = nil
            }
        } catch { throw DrillError(.notInjected, error.message) }
        guard let details else { throw DrillError(.notInjected, "there is no container of \(service)") }
        return details
    }

    /// Whether all containers run, and Docker calls those healthy that it looks at.
    func isHealthy() async -> Bool {
        for service in [self.app] + (self.database.map { [$0] } ?? []) {
            guard let details = try? await self.container(service), details.state == .running else { return false }
            if let health = details.health, health.status != .healthy { return false }
        }
        return true
    }

    /// Removes all that was made, also when the task is cancelled. Says on stderr what is left.
    func remove() async {
        // A task of its own, as a cancelled one could run nothing more; it is waited for here.
        await Task { @Loop in
            defer { self.disk?.unmount() }
            guard !self.isReal else {
                _ = try? await must("rm", ["-rf", self.folder])
                return
            }
            let down = ["compose", "-p", self.name, "down", "--volumes", "--remove-orphans", "--timeout", "0"]
            do throws(DrillError) {
                try await must("docker", down, environment: self.environment, within: .seconds(120))
            } catch { complain("left behind: `docker \(down.joined(separator: " "))` failed: \(error)", as: "drill") }
            await self.removeImages()
            self.disk?.unmount()
            _ = try? await must("rm", ["-rf", self.folder])
        }.value
    }

    private func removeImages() async {
        // What rollbacks were to go back to: containers that never ran, and tags.
        let holders = ["ps", "-aq", "--filter", "label=\(SelfhealLabels.keep)=\(self.name)"]
        for id in ((try? await must("docker", holders)) ?? "").split(separator: "\n") {
            _ = try? await must("docker", ["rm", "--volumes", String(id)])
        }
        let names = ["selfheal/\(self.name)/*", "selfheal-drill/\(self.name)"]
        for name in names {
            let list = ["images", "--format", "{{.Repository}}:{{.Tag}}", name]
            for tag in ((try? await must("docker", list)) ?? "").split(separator: "\n") {
                _ = try? await must("docker", ["image", "rm", "--force", String(tag)])
            }
        }
    }
}
