import Docker
import Drill
import EventLoop
import Glibc
import Support
import Watchdog

/// `drill`.
@Loop
enum DrillCommand {
    static func run(_ list: [String], _ environment: [String: String]) async -> ExitCode {
        var words = Words(list)
        let settings: WatchSettings
        var plan: Drill.Plan
        let (isJSON, isList): (Bool, Bool)
        let page: String?
        do {
            settings = try WatchSettings(environment: environment)
            plan = Drill.Plan(
                composeFiles: settings.composeFiles, app: settings.service, inside: settings.healthURL.port)
            plan.runs = try words.number("--runs", in: 1...1_000) ?? 1
            plan.only = try words.value("--only")?.split(separator: ",").map(String.init) ?? []
            plan.image = try words.value("--image")
            page = try words.value("--html")
            (isJSON, isList) = (words.flag("--json"), words.flag("--list"))
            if words.flag("--live") { plan.realJournal = settings.logFile }
            _ = try words.rest(atMost: 0)
        } catch let fault as Words.Fault {
            return Command.refuse(fault.problem)
        } catch let error as WatchError {
            return Command.fail(error)
        } catch { return Command.refuse("\(error)") }
        if isList {
            for fault in Drill.faults { Command.put("\(fault.name)\t\(fault.title)") }
            return .well
        }
        if let unknown = plan.only.first(where: { name in !Drill.faults.contains { $0.name == name } }) {
            return Command.refuse("there is no fault \"\(unknown)\"; `selfheal drill --list` shows what there is")
        }
        let begun = Promise<Task<Result<DrillReport, DrillError>, Never>>()
        var isStopped = false
        Loop.onSignal(Command.endSignals) { signal in
            guard let drilling = begun.current, !isStopped else { exit(128 + signal) }
            isStopped = true
            complain("removing what was made; the same signal again ends at once and leaves it", as: "drill")
            drilling.cancel()
        }
        if plan.realJournal != nil, await !self.isConfirmed() {
            complain("nothing was broken", as: "drill")
            return .drillInterrupted
        }
        do throws(WatchError) {
            let engine = try Command.engine(environment)
            try await engine.requireAnswer()
            let drill = Drill(plan, engine: engine, environment: environment) { complain($0, as: "drill") }
            // Stdout is for the one answer that a script reads.
            let tell: (String) -> Void = isJSON ? { complain($0, as: "drill") } : { Command.put($0) }
            let task = self.begin(drill, tell)
            begun.fulfil(task)
            return self.end(await task.value, isJSON: isJSON, page: page)
        } catch { return Command.fail(error) }
    }

    /// Whether a person means it: the real project's users will notice.
    private static func isConfirmed() async -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            complain("--live breaks the real project; it asks for a yes, and there is no terminal", as: "drill")
            return false
        }
        complain("this breaks the real project, and its users will notice. Type yes to go on:", as: "drill")
        return await onOwnThread { readLine() } == "yes"
    }

    private static func begin(
        _ drill: Drill, _ tell: @escaping (String) -> Void
    ) -> Task<Result<DrillReport, DrillError>, Never> {
        Task { @Loop () -> Result<DrillReport, DrillError> in
            tell(DrillReport.head)
            do throws(DrillError) {
                return .success(try await drill.run { tell($0.text) })
            } catch { return .failure(error) }
        }
    }

    private static func end(_ result: Result<DrillReport, DrillError>, isJSON: Bool, page: String?) -> ExitCode {
        switch result {
        case .failure(let error):
            complain(error.message, as: "drill")
            return error.code == .interrupted ? .drillInterrupted : .drillImpossible
        case .success(let report):
            if let page, !self.write(report.html, to: page) {
                complain("\(page) can't be written: \(String(cString: strerror(errno)))", as: "drill")
                return .drillImpossible
            }
            Command.put(isJSON ? report.json.text : report.summary)
            return report.isGood ? .well : .notWell
        }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        let isWritten = fputs(text, file) >= 0
        return fclose(file) == 0 && isWritten
    }
}
