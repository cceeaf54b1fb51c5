public import Docker
public import EventLoop
import Support

/// Takes down how a container and the machine are, before something is done that would wipe it out.
///
/// Within 2 s, whatever hangs; what was not had by then is named in its place. Some 100 KB, 2 MB at most: each part has a
/// bound of its own. Secrets are taken out of all of it.
@Loop
public final class Capture {
    /// How long it may take in all.
    public nonisolated static let limit = Duration.seconds(2)
    private static let engineLimit = Duration.milliseconds(1_200)
    private static let logLines = 200
    /// Of each file, in bytes.
    private nonisolated static let fileMax = 300_000

    private let engine: Engine
    /// One for all captures, so that a disk that hangs holds up one thread and no more.
    private let thread = SerialThread(bound: 8)

    public init(engine: Engine) { self.engine = engine }

    deinit { self.thread.end() }

    /// - Parameters:
    ///   - pid: its main process; 0 for none.
    ///   - bundle: the folder within the incident's that gets the files.
    /// - Returns: what went wrong, for a person; nil when all is there.
    public func take(
        _ container: String, pid: Int32, into folder: IncidentFolder, bundle: String
    ) async -> String? {
        let began = Loop.now
        let (document, logs) = await self.ask(container)
        let parts = Parts(document: document, logs: logs)
        let limit = Capture.limit - began.duration(to: Loop.now)
        return await self.perform(within: limit) {
            do throws(IncidentFolder.Failure) {
                try folder.make()
                let redactor = Redactor(environment: parts.environment)
                for (name, text) in parts.files(pid: pid, folder: folder.parent) {
                    let bytes = redactor.redact(Array(text.utf8))
                    try folder.write(Array(bytes.suffix(Capture.fileMax)), to: "\(bundle)/\(name)")
                }
                return nil
            } catch { return error.description }
        }
    }

    /// Writes files into the incident's folder; within the same limit.
    ///
    /// - Parameter files: made on the thread that writes.
    /// - Returns: what went wrong, for a person; nil when all is there.
    public func write(
        into folder: IncidentFolder, _ files: @escaping @Sendable () -> [(name: String, text: String)]
    ) async -> String? {
        await self.perform(within: Capture.limit) {
            do throws(IncidentFolder.Failure) {
                try folder.make()
                for (name, text) in files() { try folder.write(Array(text.utf8), to: name) }
                return nil
            } catch { return error.description }
        }
    }

    private func perform(within limit: Duration, _ work: @escaping @Sendable () -> String?) async -> String? {
        let result = Promise<String?>()
        let isAccepted = self.thread.submit {
            let problem = work()
            Task { @Loop in result.fulfil(problem) }
        }
        guard isAccepted else { return "\(Capture.disk) does not keep up" }
        return await result.value(within: limit) ?? "\(Capture.disk) did not answer in time"
    }

    private static let disk = "the disk that evidence goes to"

    private typealias Answer<Value: Sendable> = Result<Value, EngineError>

    /// Both at once; each call has a deadline of its own.
    private func ask(_ container: String) async -> (Answer<JSONValue>, Answer<String>) {
        let logs = Promise<Answer<String>>()
        let engine = self.engine
        Task { @Loop in
            do throws(EngineError) {
                logs.fulfil(
                    .success(
                        try await engine.logs(container, tail: Capture.logLines, within: Capture.engineLimit)))
            } catch { logs.fulfil(.failure(error)) }
        }
        let document: Answer<JSONValue>
        do throws(EngineError) {
            document = .success(try await engine.inspectDocument(container, within: Capture.engineLimit))
        } catch { document = .failure(error) }
        return (document, await logs.value())
    }

    /// What the engine said, made into files.
    private struct Parts: Sendable {
        let document: Answer<JSONValue>
        let logs: Answer<String>

        var environment: [String] {
            (try? self.document.get())?["Config"]?["Env"]?.elements.compactMap(\.string) ?? []
        }

        func files(pid: Int32, folder: String) -> [(name: String, text: String)] {
            [
                ("logs.txt", self.logText), ("health.txt", self.healthText), ("inspect.json", self.inspectText),
                ("processes.txt", ProcessPicture.text(of: pid)),
                ("cgroup.txt", pid > 0 ? ControlGroup(of: pid).text : "no process\n"),
                ("host.txt", HostPicture.text(pid: pid, folder: folder)),
            ]
        }

        private var logText: String {
            // Without the environment its values can't be found in the log.
            guard case .success = self.document else { return "left out: which words in it are secret is not known\n" }
            return switch self.logs {
            case .success(let text): text
            case .failure(let error): "the engine does not give it: \(error)\n"
            }
        }

        private var healthText: String {
            switch self.document {
            case .failure(let error): return "the engine does not give it: \(error)\n"
            case .success(let document):
                guard let health = document["State"]?["Health"] else { return "no healthcheck\n" }
                let checks = (health["Log"]?.elements ?? []).map { check in
                    let (start, end) = (check["Start"]?.string ?? "?", check["End"]?.string ?? "?")
                    let code = check["ExitCode"]?.text ?? "?"
                    return "\(start) to \(end), exit code \(code)\n\(indented(check["Output"]?.string ?? ""))"
                }
                let streak = health["FailingStreak"]?.text ?? "?"
                return "\(health["Status"]?.string ?? "?"), \(streak) failures in a row\n" + checks.joined()
            }
        }

        private var inspectText: String {
            switch self.document {
            case .failure(let error): return "the engine does not give it: \(error)\n"
            case .success(var document):
                var config = document["Config"]
                config?["Env"] = nil
                document["Config"] = config
                return document.text + "\n"
            }
        }
    }
}
