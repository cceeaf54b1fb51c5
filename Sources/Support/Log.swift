import Glibc
import Synchronization

/// Writes one JSON object per line: `{"time":"2026-01-31T09:30:00.250Z","level":"info","msg":"…", …}`.
///
/// Never blocks: when the reader of the pipe is stuck (a frozen Docker engine), lines are dropped and counted, and the
/// next line that goes through says how many in `dropped`. May be used from any thread.
public final class Log: Sendable {
    /// How much a line matters.
    public enum Level: String, Sendable, Hashable {
        case info, warning, error
    }

    /// The log on standard output, where Docker collects it.
    public static let standard = Log(descriptor: 1)

    /// A pipe that `poll(2)` calls writable takes this many bytes at once, whole and without blocking (`PIPE_BUF`).
    private static let lineBytesMax = 4096

    private let descriptor: Int32
    private let dropped = Atomic<Int>(0)

    /// A log on `descriptor`, which stays the caller's.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    public func info(_ message: String, _ fields: JSONValue.Member...) { self.write(.info, message, fields) }

    public func warning(_ message: String, _ fields: JSONValue.Member...) { self.write(.warning, message, fields) }

    public func error(_ message: String, _ fields: JSONValue.Member...) { self.write(.error, message, fields) }

    /// Writes one line. `fields` follow `time`, `level` and `msg`; they are left out when the line gets too long.
    public func write(_ level: Level, _ message: String, _ fields: [JSONValue.Member]) {
        let lost = self.dropped.exchange(0, ordering: .relaxed)
        var members: [JSONValue.Member] = [
            .init("time", .string(utcNow())), .init("level", .string(level.rawValue)),
            .init("msg", .string(String(message.prefix(1000)))),
        ]
        if lost > 0 { members.append(.init("dropped", .integer(lost))) }
        var line = JSONValue.object(members + fields).text + "\n"
        if line.utf8.count > Self.lineBytesMax {
            line = JSONValue.object(members + [.init("truncated", true)]).text + "\n"
        }
        if !self.put(line) { self.dropped.add(lost + 1, ordering: .relaxed) }
    }

    private func put(_ line: String) -> Bool {
        var line = line
        return line.withUTF8 { bytes in
            var state = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&state, 1, 0) == 1, state.revents & Int16(POLLOUT) != 0 else { return false }
            return Glibc.write(self.descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
    }
}
