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

    /// What asks this program to end. A terminal that is closed does too, unless `nohup` keeps that from it.
    static nonisolated let endSignals: [Int32] = {
        var hangUp = sigaction()
        sigaction(SIGHUP, nil, &hangUp)
        let isIgnored =
            unsafeBitCast(hangUp.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
        return isIgnored ? [SIGTERM, SIGINT] : [SIGTERM, SIGINT, SIGHUP]
    }()

    static func run(_ arguments: [String], environment: [String: String]) async -> ExitCode {
        guard let command = arguments.first else { return self.refuse("which command?") }
        let words = Array(arguments.dropFirst())
        let wantsHelp = words.contains { $0 == "--help" || $0 == "-h" }
        switch command {
        case "watch": return wantsHelp ? self.print(Help.watch) : await self.watch(words, environment)
        case "explain": return wantsHelp ? self.print(Help.explain) : await self.explain(words, environment)
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
        let selection: Selection?
        do throws(Words.Fault) {
            var words = Words(words)
            selection = try words.selection(withService: true)
        } catch { return self.refuse(error.problem) }
        let begun = Promise<Watchdog>()
        let recovery = DeployCommand.recovery(selection, environment)
        Loop.onSignal(self.endSignals) { signal in
            // Until there is one (Compose may take its time to read the file) there is nothing to finish.
            guard let watchdog = begun.current else { exit(128 + signal) }
            watchdog.stop()
            recovery?.interrupt()
        }
        do {
            let watchdog = try await self.watchdog(selection, environment) { sayIfHeard($0) }
            watchdog.onDeployEnd = { if let recovery { await DeployCommand.recover(recovery) } }
            begun.fulfil(watchdog)
            try await watchdog.run()
            return .well
        } catch {
            return self.fail(error)
        }
    }

    private static func status(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        let (isJSON, selection): (Bool, Selection?)
        do throws(Words.Fault) {
            var words = Words(words)
            isJSON = words.flag("--json")
            selection = try words.selection(withService: false)
        } catch { return self.refuse(error.problem) }
        self.endOnSignal()
        do {
            let settings = try WatchSettings(selection, environment: environment)
            let engine = try self.engine(environment)
            let (found, watched) = try await Watched.loadToLook(settings)
            let watchdog = self.watchdog(found, watched, engine) { _ in }
            let report = try await StatusReport.gather(watchdog)
            if report.watchdog == nil, found.selection != settings.selection {
                complain("there is no service \"\(settings.service)\" in \(settings.composeFiles): all are shown")
            }
            self.put(isJSON ? self.json(report) : report.text)
            return report.isWell ? .well : .notWell
        } catch {
            return self.fail(error)
        }
    }

    private static func explain(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        let (isJSON, selection, service): (Bool, Selection?, String)
        do throws(Words.Fault) {
            var words = Words(words)
            isJSON = words.flag("--json")
            selection = try words.selectionOption()
            guard let name = try words.rest(atMost: 1).first else { return self.refuse("explain which service?") }
            service = name
        } catch { return self.refuse(error.problem) }
        self.endOnSignal()
        do {
            let watchdog = try await self.watchdog(selection, explaining: service, environment)
            let report = try await ExplainReport.gather(watchdog, service)
            self.put(isJSON ? self.json(report) : report.text)
            return .well
        } catch {
            return self.fail(error)
        }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
            preconditionFailure("not encodable: \(error)")
        }
    }

    // MARK: Wiring

    private static func watchdog(
        _ selection: Selection?, _ environment: [String: String], echo: @escaping (String) -> Void
    ) async throws(WatchError) -> Watchdog {
        let settings = try WatchSettings(selection, environment: environment)
        let engine = try self.engine(environment)
        return self.watchdog(settings, try await Watched.load(settings), engine, echo: echo)
    }

    /// What to ask about one service: the watchdog that runs or that the environment describes, if it looks after that
    /// service, or else one that would.
    private static func watchdog(
        _ selection: Selection?, explaining service: String, _ environment: [String: String]
    ) async throws(WatchError) -> Watchdog {
        var settings = try WatchSettings(selection, environment: environment)
        let engine = try self.engine(environment)
        if selection == nil, !settings.isByLabel {
            if let (found, usual) = try? await Watched.loadToLook(settings), usual.services[service] != nil {
                return self.watchdog(found, usual, engine) { _ in }
            }
            settings = try WatchSettings(.all, environment: environment)
        }
        return self.watchdog(settings, try await Watched.load(settings), engine) { _ in }
    }

    private static func watchdog(
        _ settings: WatchSettings, _ watched: Watched, _ engine: Engine, echo: @escaping (String) -> Void
    ) -> Watchdog {
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
        Loop.onSignal(self.endSignals) { signal in exit(128 + signal) }
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
