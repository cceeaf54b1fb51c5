public import EventLoop

/// A program to run as a child of this process: without a shell, without our open files, and never for longer than it
/// may.
@Loop
public struct Subprocess {
    /// How a program ended.
    public enum Exit: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)

        /// The exit code as a shell gives it: 128 and the signal's number for a signal.
        public var code: Int32 {
            switch self {
            case .exited(let code): code
            case .signalled(let signal): 128 + signal
            }
        }
    }

    /// What a program that ended wrote.
    public struct Output: Hashable, Sendable {
        public let exit: Exit
        /// Bytes that are no UTF-8 come out as replacement characters.
        public let stdout: String
        public let stderr: String
        /// Whether there was more than what is kept, of either.
        public let isCut: Bool
    }

    /// Why a program did not run, or not to its end.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public enum Code: Hashable, Sendable {
            /// There is no such program, or no such directory to run it in.
            case notFound
            /// It could not be started: no permission, no memory, too many processes.
            case cannotStart
            /// It ran into the deadline and was ended.
            case timedOut
            /// The task was cancelled, and the program ended.
            case cancelled
        }

        public let code: Code
        public let message: String
        public var description: String { self.message }

        public init(code: Code, message: String) {
            self.code = code
            self.message = message
        }
    }

    let program: String
    let arguments: [String]
    let environment: [String: String]?
    let directory: String?
    let lock: FileLock?

    /// - Parameters:
    ///   - program: a path, or a name that is looked for in our `PATH`.
    ///   - arguments: without the program's own name.
    ///   - environment: the whole environment it gets; nil for ours.
    ///   - directory: where it runs; nil for where we do.
    ///   - lock: stays taken until the program and its descendants have ended too, even when we end before them.
    public nonisolated init(
        _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil,
        holding lock: FileLock? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.lock = lock
    }

    /// Runs it and collects what it writes.
    ///
    /// At the deadline, or when the task is cancelled, it and its descendants get SIGTERM, 2 s later SIGKILL, and are
    /// reaped before this throws. What a descendant that outlives it writes is not waited for.
    ///
    /// - Parameter keep: how much of stdout and of stderr is kept, in bytes each: the first. The rest is read and
    ///   dropped, so that the program goes on.
    public func output(within limit: Duration, keep: Int = 1 << 20) async throws(Failure) -> Output {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var isCut = false
        let run = SubprocessRun(self) { channel, bytes in
            let room = keep - (channel == .stdout ? stdout.count : stderr.count)
            isCut = isCut || bytes.count > room
            switch channel {
            case .stdout: stdout += bytes.prefix(room)
            case .stderr: stderr += bytes.prefix(room)
            }
        }
        let exit = try await run.end(within: limit)
        return Output(
            exit: exit, stdout: String(decoding: stdout, as: UTF8.self),
            stderr: String(decoding: stderr, as: UTF8.self),
            isCut: isCut)
    }

    /// Runs it and hands over what it writes line by line, stdout and stderr as they come. Deadline as in
    /// ``output(within:keep:)``. Lines of more than 64 KiB are cut into several.
    public func lines(within limit: Duration, _ body: @escaping @Loop (String) -> Void) async throws(Failure) -> Exit {
        var stdout = LineSplitter()
        var stderr = LineSplitter()
        let run = SubprocessRun(self) { channel, bytes in
            switch channel {
            case .stdout: stdout.consume(bytes, body)
            case .stderr: stderr.consume(bytes, body)
            }
        }
        let exit = try await run.end(within: limit)
        stdout.finish(body)
        stderr.finish(body)
        return exit
    }

    /// Runs it with our stdout and stderr, for a person to watch. Deadline as in ``output(within:keep:)``, but only the
    /// program itself gets the signals: it stays in our process group, so that Ctrl-C reaches it and it may use the
    /// terminal.
    public func inherited(within limit: Duration) async throws(Failure) -> Exit {
        try await SubprocessRun(self, onOutput: nil).end(within: limit)
    }
}
