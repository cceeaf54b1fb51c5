import CLinux
import EventLoop
import Glibc
import Support

/// Receives the signals that end the program, on a thread of its own.
///
/// A loop that is stuck can't see a signal, so the thread passes it on and ends the process itself when nobody takes
/// it: a stuck program then stops in half a second, not when Docker's patience ends.
///
/// `@unchecked Sendable`: nothing changes after `init`.
final class StopSignals: @unchecked Sendable {
    /// Blocked in `main`, before there are other threads.
    static let signals = [SIGTERM, SIGINT]

    /// A loop that does its work takes a signal in well under a millisecond; a busy machine may need some of these.
    /// In milliseconds.
    private static let stallLimit: Int32 = 500

    private let log: Log
    private let stopLimit: Duration
    private let taken: Int32
    private let onStop: @Loop @Sendable () -> Void

    private init(_ log: Log, _ stopLimit: Duration, _ onStop: @escaping @Loop @Sendable () -> Void) {
        self.log = log
        self.stopLimit = stopLimit
        self.onStop = onStop
        self.taken = eventfd(0, Int32(EFD_CLOEXEC))
    }

    /// Calls `onStop` on the loop at the first signal. Ends the process with status 1 when the loop does not take it
    /// within a second, when the program is still there after `stopLimit`, and at a second signal.
    static func watch(log: Log, stopLimit: Duration, onStop: @escaping @Loop @Sendable () -> Void) {
        let watcher = Unmanaged.passRetained(StopSignals(log, stopLimit, onStop))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, Self.threadBody, watcher.toOpaque())
        precondition(code == 0, "no thread for signals: \(code)")
    }

    private static let threadBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<StopSignals>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }

    private func run() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Self.signals { sigaddset(&set, signal) }
        var signal: Int32 = 0
        sigwait(&set, &signal)
        self.log.info("stopping", .init("signal", signal == SIGINT ? "SIGINT" : "SIGTERM"))
        Task { @Loop in
            eventfd_write(self.taken, 1)
            self.onStop()
        }
        var state = pollfd(fd: self.taken, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, Self.stallLimit) == 1 else {
            self.end("event loop stalled, exiting")
        }
        var limit = timespec(tv_sec: Int(self.stopLimit.components.seconds), tv_nsec: 0)
        while true {
            if sigtimedwait(&set, nil, &limit) >= 0 { self.end("second signal, exiting at once") }
            if errno == EAGAIN { self.end("stop takes too long, exiting") }
        }
    }

    private func end(_ message: String) -> Never {
        self.log.error(message)
        _exit(1)
    }
}
