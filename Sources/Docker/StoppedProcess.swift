import Glibc

/// A process none of whose threads can run, because a signal has stopped them, and which therefore hears no other one but
/// `SIGKILL`.
public struct StoppedProcess: Sendable {
    private let pid: Int32
    private let startTicks: UInt64

    /// Nil where process `pid` is not stopped, or may not be read.
    public init?(_ pid: Int32) {
        guard let state = ProcessState.of(pid), state.areAllThreadsStopped, !state.isTraced else { return nil }
        self.pid = pid
        self.startTicks = state.startTicks
    }

    /// Lets it and what it began go on (`SIGCONT`), so that each hears what was sent to it meanwhile. Does nothing when it
    /// is gone, or goes on already.
    public func wake() {
        // Another process may have its number by now.
        guard let state = ProcessState.of(self.pid), state.startTicks == self.startTicks, state.areAllThreadsStopped
        else { return }
        // All are found first: with its end a process loses sight of what it began.
        var processes: [Int32] = []
        forEachProcess(from: self.pid, max: 10_000) { process, _ in processes.append(process) }
        for process in processes { kill(process, SIGCONT) }
    }
}
