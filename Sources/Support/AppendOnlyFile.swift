/// A file of lines that is only ever added to, each line on the disk before the call returns.
public final class AppendOnlyFile: Sendable {
    /// Why a line is not in the file for certain.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let path: String
        /// The system's words, such as "No space left on device".
        public let reason: String
        public var description: String { "\(self.path): \(self.reason)" }
    }

    public let path: String

    /// - Parameter limit: the size in bytes from which on the file becomes `NAME.1` and a new one is begun.
    public init(path: String, rotatingAt limit: Int) {
        self.path = path
    }

    /// Opens or makes the file, so that a path that can't be written is found at start.
    public func open() async throws(Failure) {}

    /// Adds `line` and a line feed. The write and the sync run on a thread of the file's own, in the order of calls;
    /// what has not returned by `limit` throws, and may still get to the disk.
    public func append(_ line: String, within limit: Duration = .seconds(2)) async throws(Failure) {}
}
