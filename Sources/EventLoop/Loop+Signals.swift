import CLinux
import Glibc

extension Loop {
    /// Keeps `signals` from their default effect in this thread and all that it starts later. To be called first thing
    /// in `main`, before there are other threads; ``onSignal(_:_:)`` then receives them.
    public static nonisolated func block(signals: [Int32]) {
        var set = Loop.signalSet(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls `handler` on the loop for each of the blocked `signals` that arrives, through `signalfd(2)`.
    ///
    /// Signals of one number that arrive close together may be reported once, as always on Unix.
    @Loop public static func onSignal(_ signals: [Int32], _ handler: @escaping @Loop (Int32) -> Void) {
        var set = Loop.signalSet(signals)
        let descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        precondition(descriptor >= 0, "signalfd refused: out of file descriptors")
        Loop.watch(descriptor, for: .readable) { _ in
            var info = signalfd_siginfo()
            while read(descriptor, &info, MemoryLayout.size(ofValue: info)) == MemoryLayout.size(ofValue: info) {
                handler(Int32(info.ssi_signo))
            }
        }
    }

    private static nonisolated func signalSet(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
