/// What the kernel says about a process: whether it can run at all, and whether somebody debugs it.
public struct ProcessState: Hashable, Sendable {
    /// When it was started, in the kernel's clock ticks since boot. With the pid it names one process for ever.
    public let startTicks: UInt64
    /// How many threads it has.
    public let threadCount: Int
    /// Whether every thread is stopped by a signal (state `T`), so that it can react to nothing but `SIGCONT` and
    /// `SIGKILL`. A thread stopped by a tracer (state `t`) does not count.
    public let areAllThreadsStopped: Bool
    /// Whether a debugger or `strace` is attached to any thread.
    public let isTraced: Bool

    public init(startTicks: UInt64, threadCount: Int, areAllThreadsStopped: Bool, isTraced: Bool) {
        self.startTicks = startTicks
        self.threadCount = threadCount
        self.areAllThreadsStopped = areAllThreadsStopped
        self.isTraced = isTraced
    }

    /// Process `pid` as it is now; nil when it is gone, a zombie, or may not be read.
    public static func of(_ pid: Int32) -> ProcessState? { nil }
}
