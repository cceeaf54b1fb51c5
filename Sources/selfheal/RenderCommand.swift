import Docker
import EventLoop
import FoundationEssentials
import Glibc
import Render
import Support

/// `selfheal render-check` and `selfheal render deploys|deploy|rollback`.
@Loop
enum RenderCommand {
    // MARK: The rehearsal

    static func check(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        var words = Words(words)
        do {
            let isJSON = words.flag("--json")
            var options = Rehearsal.Options()
            options.isFull = words.flag("--full")
            if let seconds = try words.number("--patience", in: 1...900) {
                if options.isFull { throw Words.Fault(problem: "--full waits for everything: --patience says nothing") }
                options.patience = .seconds(seconds)
            }
            options.image = try words.value("--image")
            if let image = options.image, image.isEmpty || image.hasPrefix("-") {
                throw Words.Fault(problem: "--image wants the name of an image")
            }
            if let plan = try words.value("--plan") {
                do { options.plan = try RenderRules.Plan(named: plan) } catch {
                    throw Words.Fault(problem: error.message)
                }
            }
            let file = try words.value("--file") ?? "render.yaml"
            let name = try words.value("--service")
            _ = try words.rest(atMost: 0)
            let blueprint = try Self.blueprint(file)
            let service = try blueprint.service(name)
            let engine = try Engine.fromEnvironment(environment)
            try await engine.ping(within: .seconds(5))
            // Never begins with a dash, which the docker command would take for an option.
            let place = file.hasPrefix("/") ? file : "./\(file)"
            let rehearsal = Rehearsal(
                blueprint, service, folder: String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)]),
                options: options, engine: engine, environment: environment,
                say: isJSON ? { Self.sayAside($0) } : { Command.put($0) })
            let report = try await Self.interruptible { () async throws -> RehearsalReport in
                try await rehearsal.run()
            }
            Command.put(isJSON ? Self.json(report) : report.verdict)
            return report.isWell ? .well : .notWell
        } catch { return Self.fail(error) }
    }

    private static func blueprint(_ file: String) throws(RenderError) -> Blueprint {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw RenderError(.blueprint, "\(file) can't be read; name another with --file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RenderError(.blueprint, "\(file) is no UTF-8 text")
        }
        return try Blueprint(text, file: file)
    }

    // MARK: Render itself

    static func render(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        guard let verb = words.first, ["deploys", "deploy", "rollback"].contains(verb) else {
            return Command.refuse("render wants deploys, deploy or rollback")
        }
        var words = Words(Array(words.dropFirst()))
        do {
            let isJSON = words.flag("--json")
            let file = try words.value("--file") ?? "render.yaml"
            let name = try words.value("--service")
            // Asked for where they say something; anywhere else they are refused below, as unknown.
            let wait = verb == "deploys" ? nil : try words.number("--wait", in: 1...7_200)
            let limit = Duration.seconds(wait ?? 1_800)
            let count = verb == "deploys" ? try words.number("--limit", in: 1...1_000) ?? 20 : 0
            let commit = verb == "deploy" ? try words.value("--commit") : nil
            let rest = try words.rest(atMost: verb == "rollback" ? 1 : 0)
            let api = try RenderAPI(environment: environment) { Self.sayAside($0) }
            return try await Self.interruptible { () async throws -> ExitCode in
                let service = try await api.service(name ?? Self.blueprint(file).service(nil).name)
                if verb == "deploys" {
                    let deploys = try await api.deploys(of: service, atMost: count)
                    Command.put(isJSON ? Self.json(deploys) : Self.table(deploys))
                    return .well
                }
                let deploy: RenderDeploy
                if verb == "deploy" {
                    deploy = try await api.deploy(service, commit: commit)
                } else {
                    let target = try await Self.target(rest.first, of: service, api)
                    Self.sayAside("rolling \(service.name) back to \(target)")
                    deploy = try await api.rollBack(service, to: target)
                    Self.warn(of: service)
                }
                let began = Loop.now
                let end = try await api.verdict(on: deploy, of: service, within: limit, pause: .seconds(5)) { deploy in
                    let passed = began.duration(to: Loop.now).components.seconds
                    Self.sayAside("\(deploy.id) is \(deploy.status) after \(passed) s")
                }
                Command.put(isJSON ? Self.json(end) : Self.verdict(end))
                return end.outcome == .live ? .well : .notWell
            }
        } catch { return Self.fail(error) }
    }

    /// What to go back to where nobody says: the last one that was live before the one that is.
    private static func target(
        _ deploy: String?, of service: RenderService, _ api: RenderAPI
    ) async throws(RenderError) -> String {
        if let deploy { return deploy }
        let deploys = try await api.deploys(of: service, atMost: 100)
        if let target = deploys.first(where: { $0.outcome == .superseded }) { return target.id }
        throw RenderError(
            .notFound, "\(service.name) has no earlier deploy that was live; there is nothing to go back to")
    }

    private static func warn(of service: RenderService) {
        guard service.autoDeploy != "no" else { return }
        Self.sayAside(
            "note: a rollback through the API leaves auto-deploy on; the next push deploys again what you roll back. "
                + "Turn it off in the service's settings until the cause is mended")
    }

    private static func verdict(_ deploy: RenderDeploy) -> String {
        switch deploy.outcome {
        case .live: "\(deploy.id) is live"
        case .superseded: "\(deploy.id) was live and another deploy has taken its place"
        case .failed: "\(deploy.id) ended as \(deploy.status); the version before it goes on serving"
        case .inProgress, .unknown: "\(deploy.id) is \(deploy.status), which this program does not know as an end"
        }
    }

    private static func table(_ deploys: [RenderDeploy]) -> String {
        deploys.isEmpty ? "no deploys" : deploys.map(\.text).joined(separator: "\n")
    }

    // MARK: Wiring

    /// Runs `body` so that SIGINT and SIGTERM cancel it, and ends the program by them when it has cleaned up.
    private static func interruptible<Value: Sendable>(
        _ body: @escaping @Loop () async throws -> Value
    ) async throws -> Value {
        let task = Task { @Loop in try await body() }
        let interruption = Promise<Int32>()
        Loop.onSignal(Command.endSignals) { signal in
            interruption.fulfil(signal)
            task.cancel()
        }
        let result = await task.result
        if let signal = interruption.current { exit(128 + signal) }
        return try result.get()
    }

    /// For a person who watches; stdout is for the result.
    private static func sayAside(_ line: String) {
        _ = "\(line)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
            preconditionFailure("not encodable: \(error)")
        }
    }

    private static func fail(_ error: any Error) -> ExitCode {
        switch error {
        case let fault as Words.Fault: return Command.refuse(fault.problem)
        case let error as RenderError:
            complain(error.message)
            return ExitCode(error)
        default:
            complain("\(error)")
            return .engineMissing
        }
    }
}
