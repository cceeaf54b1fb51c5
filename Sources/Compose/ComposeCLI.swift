public import EventLoop
import Support

/// The few things that only Compose can do, through its command line: reading the file, `build`, `up` and `ps`.
@Loop
public struct ComposeCLI {
    /// Where the output of a command goes.
    public enum Output {
        /// To the stdout and stderr of this process, with Compose's progress display where that is a terminal.
        case inherited
        /// To the closure, line by line, without the line's end; stdout and stderr as they come.
        case lines(@Loop (String) -> Void)
    }

    /// The Compose file.
    public let file: String
    /// The project's name where it shall not be the one from the file or its folder.
    public let projectName: String?

    public init(file: String, projectName: String? = nil) {
        self.file = file
        self.projectName = projectName
    }

    /// Reads the file: `docker compose config --format json --no-interpolate`.
    public func project(within limit: Duration) async throws(ComposeError) -> Project {
        throw ComposeError(.dockerMissing, "not written yet")
    }

    /// `docker compose build`. Returns its exit code; 128 and the signal's number when a signal ended it.
    public func build(_ services: [String] = [], output: Output, within limit: Duration) async throws(ComposeError)
        -> Int32
    { throw ComposeError(.dockerMissing, "not written yet") }

    /// `docker compose up -d` with `options`, such as `--no-deps` and `--force-recreate`.
    public func up(_ services: [String] = [], options: [String] = [], output: Output, within limit: Duration)
        async throws(ComposeError) -> Int32
    { throw ComposeError(.dockerMissing, "not written yet") }

    /// `docker compose ps`.
    public func ps(output: Output, within limit: Duration) async throws(ComposeError) -> Int32 {
        throw ComposeError(.dockerMissing, "not written yet")
    }
}
