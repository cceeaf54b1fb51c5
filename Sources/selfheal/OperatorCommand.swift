import EventLoop
import FoundationEssentials
import Healing
import Redeploy
import Support
import Watchdog

/// `pause`, `resume`, `heal`, `history` and `replay`.
@Loop
enum OperatorCommand {
    static func run(_ command: String, _ words: [String], _ environment: [String: String]) async -> ExitCode {
        Command.endOnSignal()
        do {
            switch command {
            case "history": return try self.history(Words(words), environment)
            case "replay": return try self.replay(Words(words), environment)
            default: return try await self.ask(command, Words(words), environment)
            }
        } catch let fault as Words.Fault {
            complain("\(fault.problem). `selfheal \(command) --help` shows what there is.")
            return .usage
        } catch let error as WatchError {
            return Command.fail(error)
        } catch { preconditionFailure("only faults and watch errors are thrown: \(error)") }
    }

    // MARK: Through the watchdog

    private static func ask(
        _ command: String, _ words: Words, _ environment: [String: String]
    ) async throws -> ExitCode {
        var words = words
        var seconds: Int?
        var reason: String?
        if command == "pause" {
            seconds = try words.value("--for").map(self.seconds) ?? ControlRequest.pauseStandard
            reason = try words.value("--reason")
        }
        let selection = try words.selectionOption()
        let service = try words.rest(atMost: 1).first
        if command == "heal", service == nil { throw Words.Fault(problem: "heal wants a service") }
        guard let kind = ControlRequest.Command(rawValue: command) else { preconditionFailure("no command \(command)") }
        let settings = try WatchSettings(selection, environment: environment)
        let request = ControlRequest(kind, service: service, seconds: seconds, reason: reason)
        let reply = try await ControlClient.ask(request, settings) { Command.put($0) }
        switch reply.outcome {
        case .done, nil:
            Command.put(reply.text)
            return .well
        case .refused:
            complain(reply.text)
            return .refused
        case .notWatched:
            complain(reply.text)
            return .unknownService
        case .unproven:
            complain(reply.text)
            return .notWell
        }
    }

    /// `90s`, `30m`, `2h`, `1d`; a number alone is of seconds.
    private static func seconds(_ text: String) throws(Words.Fault) -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        let number = Int(unit == nil ? text : String(text.dropLast()))
        if let number, (1...ControlRequest.pauseMax).contains(number) {
            let seconds = number * (unit ?? 1)
            if seconds <= ControlRequest.pauseMax { return seconds }
        }
        throw Words.Fault(problem: "--for wants a time such as 90s, 30m or 2h, a week at most")
    }

    // MARK: From files

    private static func history(_ words: Words, _ environment: [String: String]) throws -> ExitCode {
        var words = words
        let isJSON = words.flag("--json")
        _ = try words.rest(atMost: 0)
        let settings = try WatchSettings(environment: environment)
        let history = IncidentHistory(journal: settings.logFile, folder: settings.stateFolder) { story in
            let deploys = DeployHistory(settings.stateFolder(of: story.project), project: story.project)
            return deploys.entries().cause(of: story.service.service, at: story.began)?.header.id
        }
        Command.put(isJSON ? encoded(history) : history.text)
        return .well
    }

    private static func replay(_ words: Words, _ environment: [String: String]) throws -> ExitCode {
        var words = words
        let isJSON = words.flag("--json")
        let incident = try words.number("--incident", in: 1...1_000_000_000)
        var changes: [(name: String, value: String)] = []
        while let change = try words.value("--policy") {
            let parts = change.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Words.Fault(problem: "--policy wants NAME=VALUE") }
            var probe = Policy()
            if let fault = probe.set(parts[0], to: parts[1]) { throw Words.Fault(problem: fault) }
            changes.append((parts[0], parts[1]))
        }
        guard let journal = try words.rest(atMost: 1).first else {
            throw Words.Fault(problem: "replay wants a journal")
        }
        let settings = try WatchSettings(environment: environment)
        try Journal.require(journal)
        let report = ReplayReport(
            journal: journal, folder: settings.stateFolder, incident: incident, changes: changes)
        Command.put(isJSON ? encoded(report) : report.text)
        return report.incidents.isEmpty ? .notWell : .well
    }
}
