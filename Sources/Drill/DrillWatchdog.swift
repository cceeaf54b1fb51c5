import EventLoop
import Glibc
import Support

/// The watchdog of the project: `selfheal watch` as a process of its own, whose words to the terminal are read line by
/// line, or for the real project the one that runs already, whose journal is read as it grows.
@Loop
final class DrillWatchdog {
    /// A line of its journal.
    struct Line: Hashable {
        let time: Timestamp
        let fields: [String: String]
        var event: String { self.fields["event"] ?? "" }
    }

    private(set) var lines: [Line] = []
    /// What it said besides.
    private(set) var complaints: [String] = []
    /// Its `LOG_FILE`.
    let journal: String
    private let project: DrillProject
    private let environment: [String: String]
    private var task: Task<Int32?, Never>?

    /// - Parameter socket: where it finds the engine.
    init(of project: DrillProject, journal: String, socket: String) {
        self.journal = journal
        self.project = project
        self.environment = project.environment.merging([
            "COMPOSE_FILE": project.composeFiles.description, "LOG_FILE": journal, "DOCKER_HOST": "unix://\(socket)",
        ]) { $1 }
    }

    /// Starts it and waits until it watches. The real project's is only listened to.
    func start() async throws(DrillError) {
        if self.project.isReal { return try self.listen() }
        let before = self.lines.count { $0.event == "watch_started" }
        let task = self.spawn { [unowned self] in self.take($0) }
        self.task = task
        let deadline = Loop.now.advanced(by: .seconds(30))
        while self.lines.count(where: { $0.event == "watch_started" }) == before {
            guard Loop.now < deadline else {
                throw DrillError(.notBegun, "the watchdog does not begin: \(self.complaints.suffix(3))")
            }
            await pause(.milliseconds(50))
        }
        // It says nothing of a probe that passes, and what never answered is given time to start: let two pulses pass.
        await pause(.milliseconds(2_200))
    }

    private func listen() throws(DrillError) {
        guard FileLock.holder(ofLockAt: self.project.watchLock) != nil else {
            throw DrillError(
                .notBegun,
                "no watchdog runs; start it: selfheal watch"
                    + hint(" (here: bash scripts/up.sh)", toScript: "scripts/up.sh"))
        }
        let descriptor = open(self.journal, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, lseek(descriptor, 0, Int32(SEEK_END)) >= 0 else {
            throw DrillError(.notBegun, "\(self.journal) can't be read: \(String(cString: strerror(errno)))")
        }
        self.task = Task { @Loop [unowned self] in
            defer { close(descriptor) }
            var splitter = LineSplitter()
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while !Task.isCancelled {
                let count = read(descriptor, &bytes, bytes.count)
                if count > 0 { bytes[..<count].withUnsafeBytes { splitter.consume($0) { self.take($0) } } }
                await pause(.milliseconds(50))
            }
            return 0
        }
    }

    /// A second watchdog of the same project, started and waited for.
    ///
    /// - Returns: its exit code; nil when it did not end within `limit`.
    func startAnother(within limit: Duration) async -> Int32? {
        let task = self.spawn { _ in }
        let timer = Loop.after(limit) { task.cancel() }
        defer { timer.cancel() }
        return await task.value
    }

    private func spawn(_ body: @escaping @Loop (String) -> Void) -> Task<Int32?, Never> {
        Task { @Loop [environment, folder = self.project.folder, app = self.project.app] in
            let watch = Subprocess(Self.program, ["watch", app], environment: environment, directory: folder)
            return try? await watch.lines(within: .seconds(86_400), body).code
        }
    }

    /// Ourselves, whatever the name of the file has become.
    private static let program: String = {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &bytes, Int(PATH_MAX))
        return count > 0
            ? String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : "selfheal"
    }()

    private func take(_ line: String) {
        if let fields = Logfmt.fields(line), fields["event"] != nil, let time = fields["time"].flatMap(Timestamp.init) {
            self.lines.append(Line(time: time, fields: fields))
        } else {
            self.complaints.append(line)
        }
    }

    /// Kills it as no program can prepare for, and waits until it is gone.
    func killHard() async throws(DrillError) {
        guard let pid = FileLock.holder(ofLockAt: self.project.watchLock) else {
            throw DrillError(.notInjected, "the watchdog's process is not known")
        }
        try ForeignProcess.send(SIGKILL, to: pid)
        _ = await self.task?.value
        self.task = nil
    }

    /// Ends it as a service manager does; the real project's goes on.
    func stop() async {
        self.task?.cancel()
        _ = await self.task?.value
        self.task = nil
    }
}
