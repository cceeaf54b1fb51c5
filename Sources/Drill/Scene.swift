import Docker
import EventLoop
import Glibc
import Support

/// What a fault is injected into: the project, its watchdog, and the door to the engine between them.
@Loop
final class Scene {
    let project: DrillProject
    let door: EngineDoor
    let watchdog: DrillWatchdog
    /// The disk of the watchdog's journal, where the fault is about that.
    let journalDisk: SmallDisk?
    /// What went otherwise than it must, in words.
    private(set) var complaints: [String] = []
    /// What has to be put back when the fault ends, the last one first.
    private var undos: [@Loop () async throws -> Void] = []
    /// Processes and streams that go on while the fault lasts.
    private var tasks: [Task<Void, Never>] = []

    init(_ project: DrillProject, _ door: EngineDoor, _ watchdog: DrillWatchdog, journalDisk: SmallDisk?) {
        self.project = project
        self.door = door
        self.watchdog = watchdog
        self.journalDisk = journalDisk
    }

    func complain(_ words: String) { self.complaints.append(words) }

    /// Has `body` called when the fault ends.
    func later(_ body: @escaping @Loop () async throws -> Void) { self.undos.append(body) }

    /// Puts back all that was changed; whatever fails, the rest is put back all the same.
    func undo() async {
        for task in self.tasks { task.cancel() }
        for task in self.tasks { await task.value }
        self.tasks = []
        while let undo = self.undos.popLast() {
            do { try await undo() } catch { self.complain("not put back: \(error)") }
        }
    }

    // MARK: Ways to break things

    func service(_ role: String) throws(DrillError) -> String {
        guard role != Expectation.app else { return self.project.app }
        guard let database = self.project.database else {
            throw DrillError(.notInjected, "\(self.project.app) depends on no other service")
        }
        return database
    }

    func container(_ role: String) async throws(DrillError) -> ContainerDetails {
        try await self.project.container(try self.service(role))
    }

    /// Sends a signal to the service's main process, past the engine.
    func signal(_ role: String, _ signal: Int32) async throws(DrillError) {
        let details = try await self.container(role)
        try ForeignProcess.send(signal, to: details.pid)
    }

    /// Throws a switch that is compiled into the test image.
    func throwSwitch(_ name: String) async throws(DrillError) {
        let url = "http://127.0.0.1:\(self.project.port)/fault/\(name)"
        try await must("curl", ["-fsS", "--max-time", "5", "--request", "POST", url])
    }

    @discardableResult
    func docker(_ words: String...) async throws(DrillError) -> String { try await must("docker", words) }

    /// Runs a shell line in the service's container.
    @discardableResult
    func shell(_ role: String, _ line: String) async throws(DrillError) -> String {
        try await must("docker", ["exec", try await self.container(role).id, "sh", "-c", line])
    }

    /// SQL in the database, as its owner.
    @discardableResult
    func sql(_ text: String) async throws(DrillError) -> String {
        try await self.shell(Expectation.database, Self.psql(text))
    }

    /// Runs a shell line beside all that happens, until the fault ends or the line does.
    func goOn(_ role: String?, _ line: String) async throws(DrillError) {
        var command = ["sh", "-c", line]
        if let role { command = ["docker", "exec", try await self.container(role).id] + command }
        let (program, arguments) = (command[0], Array(command.dropFirst()))
        self.tasks.append(
            Task { @Loop in
                _ = try? await Subprocess(program, arguments).output(within: .seconds(300))
            })
    }

    /// The same for anything else that is done again and again.
    func goOn(_ body: @escaping @Loop () async -> Void) {
        self.tasks.append(Task { @Loop in await body() })
    }

    static nonisolated func psql(_ text: String) -> String {
        "psql -qAt -v ON_ERROR_STOP=1 -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"\(text)\""
    }
}
