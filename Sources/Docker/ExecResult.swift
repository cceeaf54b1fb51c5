/// How a command that was run in a container ended.
public struct ExecResult: Hashable, Sendable {
    /// 126 and 127 when the container has no such program.
    public let exitCode: Int
    /// What it wrote, the first 64 KiB of each; bytes that are no UTF-8 come out as replacement characters.
    public let stdout: String
    public let stderr: String

    public init(exitCode: Int, stdout: String, stderr: String) {
        self.exitCode = exitCode
        self.stdout = stdout
        self.stderr = stderr
    }
}
