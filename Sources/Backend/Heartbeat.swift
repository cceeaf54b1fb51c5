import EventLoop
import Glibc
import Support

/// Ends the process when its event loop is stuck: Docker's `restart: always` then brings it back, even where nobody
/// else watches.
///
/// A plain thread, since nothing that needs the loop can see that the loop is stuck. It wakes four times per limit and
/// wakes nothing else.
final class Heartbeat: Sendable {
    private let log: Log
    private let limit: Duration

    private init(_ log: Log, _ limit: Duration) {
        self.log = log
        self.limit = limit
    }

    /// Watches from now on, for as long as the process lives.
    static func watch(log: Log, limit: Duration) {
        let heartbeat = Unmanaged.passRetained(Heartbeat(log, limit))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, Self.threadBody, heartbeat.toOpaque())
        precondition(code == 0, "no thread for the heartbeat: \(code)")
        pthread_detach(thread)
    }

    private static let threadBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<Heartbeat>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }

    private func run() {
        var judge = HeartbeatJudge(limit: self.limit)
        while true {
            Self.pause(judge.period)
            if judge.isStalled(Loop.progress, at: .now), !self.isTraced { self.end() }
        }
    }

    /// Not cut short by signals: looks that come too soon would add up to a stall.
    private static func pause(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var pause = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&pause, &left) != 0, errno == EINTR { pause = left }
    }

    /// A debugger may hold the loop's thread alone.
    private var isTraced: Bool {
        let field = self.file("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("TracerPid:") }
        return field.map { !$0.hasSuffix("\t0") } ?? false
    }

    private func end() -> Never {
        // Should the words get stuck, too: SIGALRM ends the process.
        alarm(2)
        // The loop runs on the main thread. `stat` has its state behind the name: R computes, S and D wait for the kernel,
        // and `wchan` says for what.
        let state = self.file("/proc/self/task/\(getpid())/stat").split(separator: ")").last?.split(separator: " ")
        self.log.error(
            "event loop stalled, exiting", .init("seconds", .integer(Int(self.limit.components.seconds))),
            .init("turn", .integer(Int(clamping: Loop.progress.turns))),
            .init("threadState", .string(state?.first.map { String($0) } ?? "")),
            .init("waitsFor", .string(self.file("/proc/self/task/\(getpid())/wchan"))))
        _exit(1)
    }

    private func file(_ path: String) -> String { readSmallFile(path) ?? "" }
}
