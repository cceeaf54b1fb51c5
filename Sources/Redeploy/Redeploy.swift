import Compose
public import Docker
public import EventLoop
import Support

/// Builds, starts, shows and verifies a project, in the contract's order (section 4). While it runs the watchdog leaves
/// the project alone.
@Loop
public struct Redeploy {
    /// What must be healthy in the end.
    public let service: String
    public let composeFile: String
    public let healthURL: ProbeURL
    private let engine: Engine
    private let say: (String) -> Void

    /// Where a build hangs for ever there is something else wrong.
    private static let buildLimit = Duration.seconds(3_600)
    private static let upLimit = Duration.seconds(900)

    /// - Parameter say: gets a line for each step, for a person.
    public init(
        service: String, composeFile: String, healthURL: ProbeURL, engine: Engine, say: @escaping (String) -> Void
    ) {
        self.service = service
        self.composeFile = composeFile
        self.healthURL = healthURL
        self.engine = engine
        self.say = say
    }

    /// Runs the four steps.
    ///
    /// - Throws: ``RedeployError`` with the step that failed; later steps have not begun.
    public func run() async throws(RedeployError) {
        let compose = ComposeCLI(file: self.composeFile)
        let project = try await self.prepare(compose)
        let folder = StateFolder(besides: self.composeFile, project: project.name)
        folder.make()
        let lock = try self.lock(folder)
        defer { withExtendedLifetime(lock) {} }

        let file = self.composeFile
        let start = Timestamp.now
        try await self.step(.build, "docker compose -f \(file) build") { () async throws(ComposeError) in
            try await compose.build(output: .inherited, within: Redeploy.buildLimit)
        }
        try await self.step(.up, "docker compose -f \(file) up -d") { () async throws(ComposeError) in
            try await compose.up(output: .inherited, within: Redeploy.upLimit)
        }
        try await self.step(.ps, "docker compose -f \(file) ps") { () async throws(ComposeError) in
            try await compose.ps(output: .inherited, within: .seconds(60))
        }
        let began = Loop.now
        let container = try await self.waitUntilHealthy(project.name, since: start)
        try await self.verify(container)
        self.say("deployed and verified, \(began.duration(to: Loop.now).wholeSeconds) s after the start")
    }

    private func prepare(_ compose: ComposeCLI) async throws(RedeployError) -> Project {
        let project: Project
        do { project = try await compose.project(within: .seconds(20)) } catch {
            throw RedeployError(.prepare, "\(error.message)")
        }
        guard project.services[self.service] != nil else {
            let names = project.services.keys.sorted().joined(separator: ", ")
            throw RedeployError(
                .prepare, "there is no service \"\(self.service)\" in \(self.composeFile) (it has: \(names))")
        }
        do { try await self.engine.ping(within: .seconds(5)) } catch {
            throw RedeployError(.prepare, "no Docker Engine answers: \(error.message); scripts/up.sh starts it")
        }
        return project
    }

    private func lock(_ folder: StateFolder) throws(RedeployError) -> FileLock {
        do { return try FileLock(path: folder.deployLock) } catch {
            switch error {
            case .held(let pid):
                let owner = pid.map { "pid \($0)" } ?? "unknown pid"
                throw RedeployError(.prepare, "another deploy of this project is going on (\(owner)); wait for it")
            case .unusable(let reason):
                throw RedeployError(.prepare, "\(reason); make its folder writable")
            }
        }
    }

    private func step(
        _ step: RedeployError.Step, _ command: String, _ run: () async throws(ComposeError) -> Int32
    ) async throws(RedeployError) {
        self.say("==> \(command)")
        let began = Loop.now
        let status: Int32
        do { status = try await run() } catch { throw RedeployError(step, error.message) }
        guard status == 0 else {
            throw RedeployError(step, "`\(command)` ended with status \(status); its output above says why")
        }
        self.say("    done after \(began.duration(to: Loop.now).wholeSeconds) s")
    }

    // MARK: Waiting for health

    /// - Parameter start: when the deploy began. What is unhealthy in a run from before may be so for the last check's
    ///   sake only (a database that `up` has just brought back); a run of this deploy has used up all its retries.
    private func waitUntilHealthy(
        _ project: String, since start: Timestamp
    ) async throws(RedeployError) -> ContainerDetails {
        let began = Loop.now
        var saidDeadline = false
        while true {
            let details = try await self.container(project)
            let deadline = details.healthDeadline
            if !saidDeadline {
                self.say("==> waiting until \(self.service) is healthy (at most \(deadline.wholeSeconds) s)")
                saidDeadline = true
            }
            let passed = began.duration(to: Loop.now)
            switch (details.state, details.health?.status) {
            case (.running, .healthy?), (.running, nil):
                self.say(
                    "    \(details.name) is \(details.health == nil ? "running" : "healthy") after \(passed.wholeSeconds) s"
                )
                return details
            case (.running, .unhealthy?)
            where details.startedAt.map { $0.nanosecondsSince1970 >= start.nanoseconds } != false:
                throw RedeployError(.healthy, "\(details.name) is unhealthy\(details.lastCheck)\(self.advice)")
            case (.running, .unhealthy?), (.running, .starting?), (.created, _): break
            case (.exited, _), (.restarting, _), (.dead, _), (.removing, _), (.paused, _):
                throw RedeployError(
                    .healthy,
                    "\(details.name) is \(details.state.rawValue), exit code \(details.exitCode)"
                        + (details.error.isEmpty ? "" : ", \(details.error)") + self.advice
                )
            }
            guard passed < deadline else {
                throw RedeployError(
                    .healthy,
                    "\(details.name) did not become healthy within \(deadline.wholeSeconds) s\(details.lastCheck)\(self.advice)"
                )
            }
            do { try await Loop.sleep(for: .milliseconds(500)) } catch {
                throw RedeployError(.healthy, "interrupted")
            }
        }
    }

    private var advice: String {
        ". See: docker compose -f \(self.composeFile) logs \(self.service) --tail=200"
    }

    private func container(_ project: String) async throws(RedeployError) -> ContainerDetails {
        let labels = ["\(ComposeLabels.project)=\(project)", "\(ComposeLabels.service)=\(self.service)"]
        do throws(EngineError) {
            let containers = try await self.engine.containers(labels: labels, within: .seconds(10))
                .filter { $0.labels[ComposeLabels.oneoff] != "True" }
            guard let newest = containers.max(by: { $0.created < $1.created }) else {
                throw EngineError(.notFound, "`up` left no container of \(self.service)")
            }
            return try await self.engine.inspect(newest.id, within: .seconds(10))
        } catch {
            throw RedeployError(.healthy, error.message)
        }
    }

    // MARK: The internal health call

    private func verify(_ container: ContainerDetails) async throws(RedeployError) {
        let command = ["curl", "--silent", "--show-error", "--include", "--max-time", "5", self.healthURL.description]
        self.say("==> docker compose exec \(self.service) \(command.joined(separator: " "))")
        let began = Loop.now
        while true {
            let result = try await self.run(command, in: container)
            let status = result.stdout.split(separator: " ", maxSplits: 2).dropFirst().first
            let isWell = result.exitCode == 0 && status == "200"
            // Without a healthcheck nobody has waited yet for the process to begin serving.
            let mayStillStart = container.health == nil && began.duration(to: Loop.now) < container.healthDeadline
            if isWell || !mayStillStart { self.say(result.stdout) }
            if isWell { return }
            if mayStillStart, (try? await Loop.sleep(for: .milliseconds(500))) != nil { continue }
            let what = result.exitCode == 0 ? "answers \(status ?? "no status")" : "gave no answer: \(result.stderr)"
            throw RedeployError(.verify, "\(self.healthURL) \(what)\(self.advice)")
        }
    }

    private func run(
        _ command: [String], in container: ContainerDetails
    ) async throws(RedeployError) -> ExecResult {
        let noCurl = RedeployError(.verify, "there is no curl in the image; put it in (the Dockerfile installs it)")
        do throws(EngineError) {
            let result = try await self.engine.run(command, in: container.id, within: .seconds(15))
            if ![126, 127].contains(result.exitCode) { return result }
        } catch {
            if !error.message.contains("executable file not found") { throw RedeployError(.verify, error.message) }
        }
        throw noCurl
    }
}

extension ContainerDetails {
    /// What the last healthcheck printed, behind a colon; nothing where it printed nothing.
    fileprivate var lastCheck: String {
        let output = self.health?.checks.last?.output.split(whereSeparator: \.isNewline).joined(separator: " ") ?? ""
        return output.isEmpty ? "" : ": \(output)"
    }

    /// By when Docker must have come to a verdict, from the healthcheck's own numbers, with a margin for the engine.
    fileprivate var healthDeadline: Duration {
        guard let check = self.healthcheck else { return .seconds(30) }
        return check.startPeriod + (check.interval + check.timeout) * check.retries + .seconds(10)
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { self.components.seconds }
}
