public import EventLoop
public import Support

/// The few things that only Compose can do, through its command line.
@Loop
public struct ComposeCLI {
    /// Where the output of a command goes.
    public enum Output {
        /// To the stdout and stderr of this process, with Compose's progress display where that is a terminal.
        case inherited
        /// To the closure, line by line, without the line's end; stdout and stderr as they come.
        case lines(@Loop (String) -> Void)
    }

    public let files: ComposeFiles
    /// The project's name where it shall not be the one from the file or its folder.
    public let projectName: String?

    let environment: [String: String]?
    let lock: FileLock?

    /// - Parameters:
    ///   - environment: what the commands get as theirs; nil for ours.
    ///   - lock: stays taken for as long as a command runs, even when we are killed meanwhile.
    public nonisolated init(
        files: ComposeFiles, projectName: String? = nil, environment: [String: String]? = nil,
        holding lock: FileLock? = nil
    ) {
        self.files = files
        self.projectName = projectName
        self.environment = environment
        self.lock = lock
    }

    /// Builds images: `docker compose build`.
    ///
    /// - Parameter services: which ones; none stands for all that are built.
    /// - Returns: its exit code; 128 and the signal's number when a signal ended it.
    public func build(
        _ services: [String] = [], output: Output, within limit: Duration
    ) async throws(ComposeError) -> Int32 {
        try await self.run(["build"] + services, output, within: limit)
    }

    /// Creates what is missing or changed and starts it: `docker compose up --detach`.
    ///
    /// - Parameters:
    ///   - services: which ones, with all they depend on; none stands for all.
    ///   - options: such as `--no-deps`, `--force-recreate`, `--no-build`.
    /// - Returns: as ``build(_:output:within:)``.
    public func up(
        _ services: [String] = [], options: [String] = [], output: Output, within limit: Duration
    ) async throws(ComposeError) -> Int32 {
        try await self.run(["up", "--detach"] + options + services, output, within: limit)
    }

    /// Shows the containers: `docker compose ps`.
    ///
    /// - Returns: as ``build(_:output:within:)``.
    public func ps(output: Output, within limit: Duration) async throws(ComposeError) -> Int32 {
        try await self.run(["ps"], output, within: limit)
    }

    func subprocess(_ arguments: [String], override: String? = nil) -> Subprocess {
        Subprocess(
            "docker", ["compose"] + self.options(override: override) + arguments, environment: self.environment,
            holding: self.lock)
    }

    /// Which project is meant, in front of a command.
    ///
    /// - Parameter override: one more compose file.
    func options(override: String? = nil) -> [String] {
        let files = self.files.options + (override.map { ["--file", $0] } ?? [])
        return files + (self.projectName.map { ["--project-name", $0] } ?? [])
    }

    private func run(
        _ arguments: [String], _ output: Output, within limit: Duration
    ) async throws(ComposeError) -> Int32 {
        do throws(Subprocess.Failure) {
            switch output {
            case .inherited: return try await self.subprocess(arguments).inherited(within: limit).code
            case .lines(let body): return try await self.subprocess(arguments).lines(within: limit, body).code
            }
        } catch { throw ComposeError(error, doing: arguments[0]) }
    }
}

extension ComposeError {
    init(_ failure: Subprocess.Failure, doing command: String) {
        switch failure.code {
        case .notFound: self.init(.dockerMissing, "there is no docker program in the PATH")
        case .cannotStart: self.init(.dockerMissing, failure.message)
        case .timedOut: self.init(.timedOut, "docker compose \(command) did not end in time")
        case .cancelled: self.init(.cancelled, "docker compose \(command) was cancelled")
        }
    }
}
