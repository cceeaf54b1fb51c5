import Glibc

/// A program started by a test. All its methods block, with a deadline.
///
/// `@unchecked Sendable`: nothing changes after `init` but the files, which the kernel guards.
public final class ChildProcess: @unchecked Sendable {
    /// Its process id.
    public let id: Int32
    private let output: Int32
    private let input: Int32

    /// Starts `program` with exactly `environment`. Its standard output and error go to a file, its standard input is
    /// a stream that closes when this process ends.
    public init(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let path = "/tmp/test-output-\(UInt64.random(in: .min ... .max))"
        self.output = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        unlink(path)
        // Not a pipe: a socket is closed in other children from the start, so that only we hold this end.
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard self.output >= 0, socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw TestKitError("no file or socket: \(errno)")
        }
        self.input = ends[1]
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_adddup2(&actions, self.output, 1)
        posix_spawn_file_actions_adddup2(&actions, self.output, 2)
        // Threads of test runners block signals, and children would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for copy in argv + envp { free(copy) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, program, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw TestKitError("\(program) does not start: \(code)") }
        self.id = id
    }

    deinit {
        Glibc.kill(self.id, SIGKILL)
        var status: Int32 = 0
        waitpid(self.id, &status, 0)  // Harmless when it was fetched already.
        close(self.input)
        close(self.output)
    }

    /// All it has written so far.
    public var text: String {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = pread(self.output, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    public func kill(_ signal: Int32) { Glibc.kill(self.id, signal) }

    /// Gives it something to read.
    public func write(_ text: String) { _ = send(self.input, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    /// Its exit status, or minus the signal that ended it; nil when it still runs after `limit`.
    public func waitForExit(within limit: Duration) -> Int32? {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while true {
            var status: Int32 = 0
            let result = waitpid(self.id, &status, WNOHANG)
            if result == self.id { return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F) }
            if result < 0 || ContinuousClock.now >= deadline { return nil }
            usleep(2_000)
        }
    }

    /// Runs a program to its end and returns what it wrote.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration
    ) throws -> (status: Int32, text: String) {
        let child = try ChildProcess(program, arguments, environment: environment)
        guard let status = child.waitForExit(within: limit) else {
            throw TestKitError("\(program) \(arguments) is not done after \(limit): \(child.text)")
        }
        return (status, child.text)
    }

    /// Voluntary context switches of all its threads so far: what has to be constant while it does nothing.
    public func wakeUps() throws -> Int {
        try self.threads().reduce(0) { sum, thread in
            let status = try readFile("/proc/\(self.id)/task/\(thread)/status")
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0)
        }
    }

    /// The ids of its threads.
    public func threads() throws -> [Int32] {
        listDirectory("/proc/\(self.id)/task").compactMap { Int32($0) }
    }
}

func readFile(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TestKitError("\(path) can't be opened: \(errno)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
}

func listDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}
