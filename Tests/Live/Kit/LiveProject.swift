import Foundation

/// A Compose project of a test's own on a real engine: the product's compose file under another name, with a free port,
/// secrets of its own and a built image. It is removed by its name, whatever happens.
struct LiveProject: Sendable {
    enum Image: String {
        /// What is shipped.
        case shipped = "gammonguru-app:test"
        /// The same with the switches that break it.
        case faults = "gammonguru-app:faults"
    }

    /// A container as the engine shows it.
    struct Container: Hashable {
        let id: String
        let pid: pid_t
        let started: String
        let state: String
        let health: String
    }

    let name: String
    /// Holds the compose file, the journal and what the watchdog keeps.
    let folder: String
    /// Published on 127.0.0.1.
    let port: Int
    let environment: [String: String]

    static let composeFile = "docker-compose.dev.yml"

    /// A name like no other, for a project or a container.
    static func freshName() -> String { "live-" + String(UInt64.random(in: 0...UInt64.max), radix: 36) }

    /// Starts a project, waits until it serves and Docker says that it is healthy, runs `body`, and removes all of it.
    ///
    /// - Parameters:
    ///   - isStarted: whether it is up and serving when `body` begins.
    ///   - hasShippedHealthchecks: whether Docker looks as seldom as shipped (`app` 30 s, `db` 5 s). Where a row is not
    ///     about that, it looks every 2 s and every second, so that a proof does not take half a minute.
    static func run(
        _ image: Image = .shipped, isStarted: Bool = true, hasShippedHealthchecks: Bool = false,
        _ edit: (inout ComposeFile) -> Void = { _ in }, _ body: (LiveProject) async throws -> Void
    ) async throws {
        let name = self.freshName()
        var file = try await ComposeFile.shipped(project: name)
        file["services.app.image"] = image.rawValue
        file["services.app.build"] = nil
        if !hasShippedHealthchecks {
            file["services.app.healthcheck.interval"] = "2s"
            file["services.db.healthcheck.interval"] = "1s"
        }
        edit(&file)
        try await self.run(name, file, environment: self.secrets(), isStarted: isStarted, body)
    }

    /// The same with a compose file of the test's own.
    static func run(
        _ name: String, _ file: ComposeFile, environment: [String: String], isStarted: Bool,
        _ body: (LiveProject) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try file.write(to: "\(folder)/\(self.composeFile)")
        // Held until now, so that no other test takes it.
        let port = try HeldPort().number
        var variables = ProcessInfo.processInfo.environment
        for name in ["SERVICE_NAME", "HEALTH_URL", "COMPOSE_FILE", "INTERVAL_SECONDS", "LOG_FILE"] {
            variables[name] = nil
        }
        variables.merge(environment) { $1 }
        variables["APP_PORT"] = String(port)
        let project = LiveProject(name: name, folder: folder, port: port, environment: variables)
        let result: Result<Void, any Error>
        do {
            if isStarted { try await project.up() }
            try await body(project)
            result = .success(())
        } catch {
            let picture = try? await project.compose("ps", "--all")
            result = .failure(Trouble("\(error)\nproject \(name):\n\(picture ?? "")"))
        }
        await project.remove()
        try result.get()
    }

    static func secrets() -> [String: String] {
        func random() -> String { (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined() }
        return [
            "NODE_ENV": "test", "PGUSER": "gammonguru", "PGDATABASE": "gammonguru", "PGPASSWORD": random(),
            "ACCESS_TOKEN_SECRET": random(), "REFRESH_TOKEN_SECRET": random(),
            "SUPABASE_URL": "http://localhost:54321", "SUPABASE_SERVICE_KEY": random(),
        ]
    }

    private func remove() async {
        for watchdog in self.watchdogs() { kill(watchdog, SIGKILL) }
        // By name alone, so that neither the file nor the secrets matter. No grace: nothing in it is worth it.
        _ = try? await Live.run(
            ["docker", "compose", "-p", self.name, "down", "--volumes", "--remove-orphans", "--timeout", "0"],
            environment: self.environment, within: .seconds(90))
        let built = ["\(self.name)-app", "\(self.name)-front"]
        _ = try? await Live.run(["docker", "image", "rm", "--force"] + built, environment: self.environment)
        // What its deploys kept: containers that never ran and tags, and with them nothing that anybody else has.
        let holders = try? await Live.run(
            ["docker", "ps", "--all", "--quiet", "--filter", "label=selfheal.keep=\(self.name)"],
            environment: self.environment)
        for id in (holders?.stdout ?? "").split(separator: "\n") {
            _ = try? await Live.run(["docker", "rm", "--volumes", String(id)], environment: self.environment)
        }
        let kept = try? await Live.run(
            ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "selfheal/\(self.name)/*"],
            environment: self.environment)
        let names = (kept?.stdout ?? "").split(separator: "\n").map(String.init)
        if !names.isEmpty {
            _ = try? await Live.run(["docker", "image", "rm", "--force"] + names, environment: self.environment)
        }
        // What lost its name to a later build or to a test.
        _ = try? await Live.run(
            ["docker", "image", "prune", "--force", "--filter", "label=live.project=\(self.name)"],
            environment: self.environment)
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    /// Watchdogs of this project that a test left behind: they run in its folder.
    private func watchdogs() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd")) == self.folder
        }
    }

    // MARK: What a person does

    /// `docker compose …` in the project's folder.
    @discardableResult
    func compose(_ words: String..., within limit: Duration = .seconds(90)) async throws -> String {
        try await must(
            ["docker", "compose", "-f", LiveProject.composeFile] + words, environment: self.environment,
            directory: self.folder, within: limit)
    }

    @discardableResult
    func docker(_ words: String...) async throws -> String {
        try await must(["docker"] + words, environment: self.environment)
    }

    /// `selfheal …` in the project's folder.
    func selfheal(_ words: String..., with variables: [String: String] = [:], within limit: Duration = .seconds(60))
        async throws -> Output
    {
        try await self.selfheal(words: words, with: variables, within: limit)
    }

    func selfheal(words: [String], with variables: [String: String] = [:], within limit: Duration = .seconds(60))
        async throws -> Output
    {
        try await Live.run(
            [Live.selfheal] + words, environment: self.environment.merging(variables) { $1 }, directory: self.folder,
            within: limit)
    }

    func up() async throws {
        try await self.compose("up", "--detach", "--wait", "--wait-timeout", "60")
        try await self.waitUntilServing()
    }

    func waitUntilServing(_ path: String = "/health", within limit: Duration = .seconds(60)) async throws {
        try await eventually("\(path) of \(self.name) to answer 200", within: limit) {
            await ask(path, port: self.port) == 200
        }
    }

    func name(of service: String) -> String { "\(self.name)-\(service)-1" }

    func container(_ service: String) async throws -> Container {
        let format =
            "{{.Id}} {{.State.Pid}} {{.State.StartedAt}} {{.State.Status}} "
            + "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}"
        let words = try await self.docker("inspect", "--format", format, self.name(of: service)).split(separator: " ")
        guard words.count == 5, let pid = pid_t(words[1]) else { throw Trouble("strange answer of docker inspect") }
        return Container(
            id: String(words[0]), pid: pid, started: String(words[2]), state: String(words[3]),
            health: String(words[4].prefix { $0 != "\n" }))
    }

    func waitUntilHealthy(_ service: String, within limit: Duration = .seconds(60)) async throws {
        try await eventually("\(service) of \(self.name) to be healthy", within: limit, every: .milliseconds(250)) {
            try await self.container(service).health == "healthy"
        }
    }

    /// Sends a signal to a service's main process, past the engine.
    func signal(_ service: String, _ signal: Int32) async throws {
        let pid = try await self.container(service).pid
        // 0 and -1 would stand for many others.
        guard pid > 1, kill(pid, signal) == 0 else { throw Trouble("no process of \(service) to signal") }
    }

    /// Breaks the service with `fault` and measures how long `path` does not serve.
    ///
    /// - Returns: the time from the fault to the first good answer after a bad one.
    func timeToServeAgain(
        _ path: String = "/health", within limit: Duration, after fault: () async throws -> Void
    ) async throws -> Duration {
        try await fault()
        let began = ContinuousClock.now
        var isDown = false
        try await eventually("\(path) to fail and to serve again", within: limit, every: .milliseconds(20)) {
            // Only what is slow for long is down; but a connection that is made while the container begins to run may
            // be lost, and would hide for a whole second that the next one is answered.
            let patience = isDown ? Duration.milliseconds(150) : .seconds(1)
            let isServing = await ask(path, port: self.port, within: patience) == 200
            if !isServing { isDown = true }
            return isDown && isServing
        }
        return began.duration(to: .now)
    }
}
