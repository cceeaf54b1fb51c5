import EventLoop

/// A file of lines that is only ever added to, each line on the disk before the call returns.
///
/// The disk is written on a thread of the file's own: a sync on a busy disk takes seconds, and the event loop must not
/// wait for it. After a failure (a full disk) the next call simply tries again. When somebody else removed, renamed or
/// replaced the file, the next line goes to a new file of the name.
public final class AppendOnlyFile: Sendable {
    /// Why a line is not in the file for certain.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let path: String
        /// The system's words, such as "No space left on device".
        public let reason: String
        public var description: String { "\(self.path): \(self.reason)" }

        public init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    public let path: String

    private let thread: SerialThread
    private let file: OpenFile

    /// Opens nothing yet.
    ///
    /// - Parameter limit: the size in bytes beyond which the file becomes `NAME.1`, in the place of an older one, and a
    ///   new one is begun. Where it can't be renamed it grows on.
    public init(path: String, rotatingAt limit: Int) {
        self.path = path
        self.file = OpenFile(path: path, limit: limit)
        // What waits is bounded, so that a disk that hangs does not fill the memory.
        self.thread = SerialThread(bound: 1_024)
    }

    deinit { self.thread.end() }

    /// Opens or makes the file, so that a path that can't be written is found at start.
    public func open(within limit: Duration = .seconds(2)) async throws(Failure) {
        try await self.perform(within: limit) { file throws(Failure) in try file.openIfNeeded() }
    }

    /// Adds `line` and a line feed with one write, and syncs it (`fdatasync(2)`).
    ///
    /// Lines are written in the order of the calls. A call that ran into its limit throws; its line may still get to the
    /// disk later. A line feed within `line` is written as a space: one call is one line.
    ///
    /// - Parameter limit: how long the caller waits at most.
    public func append(_ line: String, within limit: Duration = .seconds(2)) async throws(Failure) {
        try await self.perform(within: limit) { file throws(Failure) in try file.append(line) }
    }

    private func perform(
        within limit: Duration, _ work: @escaping @Sendable (OpenFile) throws(Failure) -> Void
    ) async throws(Failure) {
        let (path, file, thread) = (self.path, self.file, self.thread)
        let result = await Self.first(within: limit) { answer in
            let isAccepted = thread.submit {
                do throws(Failure) {
                    try work(file)
                    answer(nil)
                } catch { answer(error) }
            }
            if !isAccepted { answer(Failure(path: path, reason: "the disk does not keep up")) }
        } otherwise: {
            Failure(path: path, reason: "the disk did not answer in time")
        }
        if let result { throw result }
    }

    /// What `begin` is answered, or `otherwise` when that takes longer than `limit`.
    @Loop private static func first(
        within limit: Duration, _ begin: @Sendable (@escaping @Sendable (Failure?) -> Void) -> Void,
        otherwise: @escaping @Sendable () -> Failure
    ) async -> Failure? {
        let answer = Answer()
        return await withCheckedContinuation { continuation in
            answer.continuation = continuation
            answer.timer = Loop.after(limit) { answer.give(otherwise()) }
            begin { failure in Task { @Loop in answer.give(failure) } }
        }
    }

    /// Given once: by the disk or by the clock.
    @Loop
    private final class Answer {
        var continuation: CheckedContinuation<Failure?, Never>?
        var timer: LoopTimer?

        func give(_ failure: Failure?) {
            self.timer?.cancel()
            self.continuation?.resume(returning: failure)
            self.continuation = nil
        }
    }
}
