import EventLoop
import FoundationEssentials
import Glibc
import Redeploy
import Support
import Watchdog

/// `redeploy`, `rollback` and `deploys`.
@Loop
enum DeployCommand {
    /// The words of the command line, taken apart.
    private struct Words {
        var isJSON = false
        var isDryRun = false
        var isRecovery = false
        var needsFront = false
        var wait = Duration.zero
        var probation: Duration?
        var number = 1
        let command: String
        /// What is wrong with them; nil when nothing is.
        var fault: String?

        init(_ words: [String], of command: String) {
            self.command = command
            // The seconds may stand behind the option as well; not so those of --wait, which may have none.
            let values = Set(words.indices.dropFirst().filter { words[$0 - 1] == "--probation" })
            for (place, word) in words.enumerated() where !values.contains(place) {
                let isSplit = values.contains(place + 1)
                let word = isSplit ? "\(word)=\(words[place + 1])" : word
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                switch (parts.first ?? "", parts.count > 1 ? parts[1] : nil) {
                case ("--json", nil): self.isJSON = true
                case ("--dry-run", nil) where command == "redeploy": self.isDryRun = true
                case ("--recover", nil) where command == "redeploy": self.isRecovery = true
                case ("--front", nil) where command == "redeploy": self.needsFront = true
                case ("--wait", nil) where command != "deploys": self.wait = .seconds(3_600)
                case ("--wait", let time?) where command != "deploys": self.wait = self.seconds(time, word) ?? .zero
                case ("--probation", let time?) where command != "deploys": self.probation = self.seconds(time, word)
                case ("--probation", nil) where command != "deploys": self.fault = "--probation wants seconds behind it"
                case (let number, nil) where command == "rollback" && Int(number) != nil:
                    self.number = Int(number) ?? 0
                    if !(1...3).contains(self.number) { self.fault = "rollback goes back 1 to 3 deploys" }
                default: self.fault = "\(command) knows no \(word)"
                }
            }
        }

        private mutating func seconds(_ text: String, _ word: String) -> Duration? {
            guard let number = Int(text.hasSuffix("s") ? String(text.dropLast()) : text), (0...86_400).contains(number)
            else {
                self.fault = "\(word): give whole seconds, 0 to 86400"
                return nil
            }
            return .seconds(number)
        }
    }

    static func run(_ command: String, _ list: [String], _ environment: [String: String]) async -> ExitCode {
        let words = Words(list, of: command)
        if let fault = words.fault {
            complain("\(fault). `selfheal \(command) --help` shows what there is.")
            return .usage
        }
        let redeploy: Redeploy
        do throws(WatchError) { redeploy = try self.redeploy(words, nil, environment) } catch {
            return self.end(DeployReport(refused: error.message), words)
        }
        guard command != "deploys" else { return await self.list(redeploy, words, environment) }
        Loop.onSignal(Command.endSignals) { _ in redeploy.interrupt() }
        if words.isDryRun {
            let report = await redeploy.dryRun()
            if !words.isJSON, let plan = report.plan, !plan.isEmpty { put(plan.joined(separator: "\n")) }
            return self.end(report, words)
        }
        if words.isRecovery {
            if let report = await redeploy.recover() { return self.end(report, words) }
            return self.end(DeployReport(nothingToRecover: ()), words)
        }
        return self.end(
            command == "rollback" ? await redeploy.rollback(words.number) : await redeploy.deploy(), words)
    }

    /// What takes cut-off deploys to their end, for a watchdog; nil where its settings can't be read.
    ///
    /// - Parameter selection: what the watchdog looks after. A deploy says itself what it was about, if it is not of an
    ///   older version.
    static func recovery(_ selection: Selection?, _ environment: [String: String]) -> Redeploy? {
        try? self.redeploy(Words(["--json"], of: "redeploy"), selection, environment)
    }

    /// Nothing where there is no cut-off deploy, or where another one goes on.
    static func recover(_ redeploy: Redeploy) async {
        guard let report = await redeploy.recover(), report.outcome != .locked else { return }
        complain("the deploy \(report.id) that was cut off: \(report.text)")
    }

    private static func redeploy(
        _ words: Words, _ selection: Selection?, _ environment: [String: String]
    ) throws(WatchError) -> Redeploy {
        let watch = try WatchSettings(selection, environment: environment)
        var settings = DeploySettings(watch, environment)
        settings.wait = words.wait
        settings.isForScripts = words.isJSON
        settings.needsFront = words.needsFront
        if let probation = words.probation { settings.probation = probation }
        // Stdout is for the one answer that a script reads.
        return Redeploy(settings, engine: try Command.engine(environment)) { line in
            if words.isJSON || words.command == "deploys" { complain(line, as: words.command) } else { put(line) }
        }
    }

    private static func end(_ report: DeployReport, _ words: Words) -> ExitCode {
        if words.isJSON { put(encoded(report)) }
        switch report.outcome {
        case .deployed, .nothingToDo: if !words.isJSON { put("==> \(report.text)") }
        default: complain("\(words.command): \(report.text)")
        }
        return ExitCode(report.outcome)
    }

    /// The incidents in the watchdog's journal that began soon after a deploy, by the deploy's name.
    private static func incidents(
        after entries: [DeployHistory.Entry], _ environment: [String: String]
    ) -> [String: [Int]] {
        guard let project = entries.last?.header.project,
            let settings = try? WatchSettings(environment: environment)
        else { return [:] }
        var incidents: [String: [Int]] = [:]
        for (record, time) in Journal.read(settings.logFile, of: project).records {
            guard case .detected = record.event, let service = record.service?.service, let number = record.incident,
                let deploy = entries.cause(of: service, at: time)?.header.id,
                incidents[deploy]?.contains(number) != true
            else { continue }
            incidents[deploy, default: []].append(number)
        }
        return incidents
    }

    private static func list(
        _ redeploy: Redeploy, _ words: Words, _ environment: [String: String]
    ) async -> ExitCode {
        switch await redeploy.history() {
        case .failure(let refused): return self.end(refused.report, words)
        case .success(let entries):
            let incidents = self.incidents(after: entries, environment)
            let rows = entries.reversed().map { DeployRow($0, incidents: incidents[$0.header.id] ?? []) }
            if words.isJSON { put(encoded(rows)) } else { put(rows.isEmpty ? "no deploys yet" : DeployRow.table(rows)) }
            return .well
        }
    }
}

/// One deploy of the history, as it is shown.
private struct DeployRow: Encodable {
    let id: String
    let began: String
    let owner: String
    let what: String
    let containers: [String]
    let seconds: Double
    let verdict: String
    let reason: String
    /// By service and name: which ones were otherwise than at the deploy before.
    let changedSettings: [String]
    /// Of the services that it changed, in the hour after it.
    let incidents: [Int]

    init(_ entry: DeployHistory.Entry, incidents: [Int]) {
        self.id = entry.header.id
        self.began = entry.began.description
        self.owner = entry.header.owner
        self.what =
            switch entry.header.kind {
            case .deploy: entry.header.commit.isEmpty ? "deploy" : "deploy of \(entry.header.commit)"
            case .rollback(let number): "rollback \(number)"
            }
        self.containers = entry.transaction.units.map(\.name)
        self.seconds = ((entry.ended - entry.began).milliseconds / 100).rounded() / 10
        self.verdict = entry.outcome?.word ?? "unfinished"
        self.reason = entry.reason
        self.changedSettings = entry.changes
        self.incidents = incidents
    }

    static func table(_ rows: [DeployRow]) -> String {
        rows.map { row in
            let containers = row.containers.isEmpty ? "" : " [\(row.containers.joined(separator: " "))]"
            let reason = row.reason.isEmpty ? "" : "  (\(row.reason))"
            let numbers = row.incidents.map { "#\($0)" }.joined(separator: " ")
            let settings = row.changedSettings.isEmpty ? "" : "; changed \(row.changedSettings.joined(separator: "; "))"
            let incidents = numbers.isEmpty ? "" : "; in the hour after it: incident \(numbers)"
            return "\(row.began)  \(row.verdict)  \(row.what) by \(row.owner), \(row.seconds) s\(containers)"
                + "\(settings)\(incidents)\(reason)"
        }.joined(separator: "\n")
    }
}

extension DeploySettings {
    /// What is watched is deployed; `COMMIT` says what the images are built from.
    init(_ watch: WatchSettings, _ environment: [String: String]) {
        self.init(service: watch.service, composeFiles: watch.composeFiles, healthURL: watch.healthURL)
        self.commit = environment["COMMIT"] ?? ""
    }
}

private func put(_ text: String) {
    Swift.print(text)
    fflush(nil)
}

func encoded(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
