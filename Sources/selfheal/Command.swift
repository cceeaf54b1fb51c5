import Docker
import EventLoop
import FoundationEssentials
import Glibc
import Redeploy
import Support
import Watchdog

/// The command line: takes the words apart, wires the parts together, turns outcomes into exit codes.
@Loop
enum Command {
    static let version = "0.1.0"

    static func run(_ arguments: [String], environment: [String: String]) async -> ExitCode {
        guard let command = arguments.first else { return self.refuse("which command?") }
        let words = Array(arguments.dropFirst())
        let wantsHelp = words.contains { $0 == "--help" || $0 == "-h" }
        switch command {
        case "watch": return wantsHelp ? self.print(Help.watch) : await self.watch(words, environment)
        case "status": return wantsHelp ? self.print(Help.status) : await self.status(words, environment)
        case "redeploy", "rollback", "deploys":
            return wantsHelp
                ? self.print(Help.deploys[command] ?? "") : await DeployCommand.run(command, words, environment)
        case "pause", "resume", "heal", "history", "replay":
            return wantsHelp
                ? self.print(Help.operators[command] ?? "") : await OperatorCommand.run(command, words, environment)
        case "check": return wantsHelp ? self.print(Help.check) : await self.check(words, environment)
        case "render-check":
            return wantsHelp ? self.print(Help.renderCheck) : await RenderCommand.check(words, environment)
        case "render": return wantsHelp ? self.print(Help.render) : await RenderCommand.render(words, environment)
        case "drill": return wantsHelp ? self.print(Help.drill) : await DrillCommand.run(words, environment)
        case "version", "--version": return self.print("selfheal \(self.version)")
        case "help", "--help", "-h": return self.print(Help.overview)
        default: return self.refuse("there is no command \"\(command)\"")
        }
    }

    // MARK: Commands

    private static func watch(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        if let option = words.first(where: { $0.hasPrefix("-") }) { return self.refuse("watch knows no \(option)") }
        if words.count > 1 { return self.refuse("watch takes one service") }
        let begun = Promise<Watchdog>()
        Loop.onSignal([SIGTERM, SIGINT]) { signal in
            // Until there is one (Compose may take its time to read the file) there is nothing to finish.
            guard let watchdog = begun.current else { exit(128 + signal) }
            watchdog.stop()
        }
        do {
            let watchdog = try await self.watchdog(service: words.first, environment) { sayIfHeard($0) }
            watchdog.onDeployEnd = { await DeployCommand.recover(environment) }
            begun.fulfil(watchdog)
            try await watchdog.run()
            return .well
        } catch {
            return self.fail(error)
        }
    }

    private static func status(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        if let word = words.first(where: { $0 != "--json" }) { return self.refuse("status knows no \(word)") }
        self.endOnSignal()
        do {
            let watchdog = try await self.watchdog(service: nil, environment) { _ in }
            let report = try await StatusReport.gather(watchdog)
            if words.contains("--json") {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                let json = (try? encoder.encode(report)).map { String(decoding: $0, as: UTF8.self) }
                self.put(json ?? "{}")
            } else {
                self.put(report.text)
            }
            return report.isWell ? .well : .notWell
        } catch {
            return self.fail(error)
        }
    }

    // MARK: Wiring

    private static func watchdog(
        service: String?, _ environment: [String: String], echo: @escaping (String) -> Void
    ) async throws(WatchError) -> Watchdog {
        let settings = try WatchSettings(service: service, environment: environment)
        let engine = try self.engine(environment)
        let watched = try await Watched.load(settings)
        let watchdog = Watchdog(settings, watched: watched, engine: engine, echo: echo)
        let deploys = DeployHistory(watched.folder, project: watched.project)
        watchdog.deployBefore = { deploys.entries().cause(of: $0, at: $1)?.header.id }
        return watchdog
    }

    static func engine(_ environment: [String: String]) throws(WatchError) -> Engine {
        do { return try Engine.fromEnvironment(environment) } catch {
            throw WatchError(.engineMissing, "\(error)")
        }
    }

    /// A command that only looks has nothing to finish.
    static func endOnSignal() {
        Loop.onSignal([SIGTERM, SIGINT]) { signal in exit(128 + signal) }
    }

    // MARK: Words

    private static func print(_ text: String) -> ExitCode {
        self.put(text)
        return .well
    }

    static func put(_ text: String) {
        Swift.print(text)
        fflush(nil)
    }

    static func refuse(_ problem: String) -> ExitCode {
        complain("\(problem). `selfheal --help` shows what there is.")
        return .usage
    }

    static func fail(_ error: WatchError) -> ExitCode {
        complain(error.message)
        return ExitCode(error)
    }
}
