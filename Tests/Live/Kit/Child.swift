import CLinux
import Foundation
import Synchronization

/// A program that this test started. Its output goes to files: a pipe would be inherited by whatever it starts itself.
final class Child: Sendable {
    let pid: pid_t
    private let exitCode = Mutex<Int32?>(nil)

    /// Starts `command` without waiting for it.
    init(
        _ command: [String], environment: [String: String], directory: String, stdout: String, stderr: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        linux_spawn_chdir(&actions, directory)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, stdout, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, stderr, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        linux_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that it can be ended with all that it started; and none of the signals blocked that
        // threads of the test runner block.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, words, variables)
        guard code == 0 else { throw Trouble("\(command[0]) can't be started: \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    /// The exit code as a shell gives it; nil while it runs.
    var ended: Int32? {
        self.exitCode.withLock { code in
            if code != nil { return code }
            var status: Int32 = 0
            guard waitpid(self.pid, &status, WNOHANG) == self.pid else { return nil }
            code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
            return code
        }
    }

    func signal(_ signal: Int32) { if self.ended == nil { kill(self.pid, signal) } }

    /// Waits until it ends.
    func end(within limit: Duration, _ what: String) async throws -> Int32 {
        try await eventually(what, within: limit, every: .milliseconds(10)) { self.ended }
    }

    /// Ends it with all that it started, whatever it does.
    func destroy() async {
        guard self.ended == nil else { return }
        kill(-self.pid, SIGKILL)
        _ = try? await self.end(within: .seconds(10), "a killed child to be gone")
    }
}

/// What a program that ended wrote.
struct Output {
    let code: Int32
    let stdout: String
    let stderr: String
    var text: String { self.stdout + self.stderr }
    /// The lines of stderr.
    var complaints: [Substring] { self.stderr.split(separator: "\n") }
}

/// Runs a program to its end.
func run(
    _ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    directory: String = "/", within limit: Duration = .seconds(60)
) async throws -> Output {
    let base = NSTemporaryDirectory() + "live-\(UUID().uuidString)"
    let (stdout, stderr) = (base + ".out", base + ".err")
    defer { for file in [stdout, stderr] { unlink(file) } }
    let child = try Child(
        command, environment: environment, directory: directory, stdout: stdout, stderr: stderr)
    let code: Int32
    do {
        code = try await child.end(within: limit, "`\(command.joined(separator: " "))` to end")
    } catch {
        await child.destroy()
        throw Trouble("\(error)\n\(textOfFile(stdout))\(textOfFile(stderr))")
    }
    return Output(code: code, stdout: textOfFile(stdout), stderr: textOfFile(stderr))
}

/// The same, where anything but success is an error.
@discardableResult
func must(
    _ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    directory: String = "/", within limit: Duration = .seconds(60)
) async throws -> String {
    let output = try await run(command, environment: environment, directory: directory, within: limit)
    guard output.code == 0 else {
        throw Trouble("`\(command.joined(separator: " "))` ended with \(output.code): \(output.text)")
    }
    return output.stdout
}

/// Empty when there is no such file.
func textOfFile(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
}

/// Adds a line to a file and shows it.
func appendLine(_ line: String, to path: String) throws {
    print(line)
    guard let file = FileHandle(forUpdatingAtPath: path) else { throw Trouble("\(path) can't be written") }
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data("\(line)\n".utf8))
}
