import Glibc
import Support

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
    ///
    /// Reads `/proc/<pid>/stat` and the status of each thread: some 70 µs for one thread.
    public static func of(_ pid: Int32) -> ProcessState? {
        guard pid > 0, let stat = readSmallFile("/proc/\(pid)/stat"), let start = startTicks(inStat: stat),
            let threads = threadIDs(of: pid)
        else { return nil }
        var states: [Character] = []
        var isTraced = false
        for thread in threads {
            // A thread that ended meanwhile is none any more.
            guard let status = readSmallFile("/proc/\(pid)/task/\(thread)/status") else { continue }
            let fields = fields(["State", "TracerPid"], ofStatus: status)
            if let state = fields["State"]?.first, state != "Z", state != "X" { states.append(state) }
            if let tracer = fields["TracerPid"], tracer != "0" { isTraced = true }
        }
        guard !states.isEmpty else { return nil }
        return ProcessState(
            startTicks: start, threadCount: states.count, areAllThreadsStopped: states.allSatisfy { $0 == "T" },
            isTraced: isTraced)
    }

    /// Whether the main thread of process `pid` is in a state in which it can run, so that not all of them are stopped:
    /// all that is to be known of a process that serves. False when it is stopped, traced, gone, or can't be told.
    ///
    /// Reads one file: some 10 µs.
    public static func canRun(_ pid: Int32) -> Bool {
        guard let (state, _) = mainThread(of: pid) else { return false }
        return switch state {
        // Running, sleeping, waiting for a disk, idle in the kernel.
        case UInt8(ascii: "R"), UInt8(ascii: "S"), UInt8(ascii: "D"), UInt8(ascii: "I"): true
        default: false
        }
    }

    /// Whether process `pid` is gone, or in the middle of its end, in which the kernel closes its sockets some time before
    /// it is a zombie. True as well when it may not be read.
    ///
    /// Reads one file: some 10 µs.
    public static func isEnding(_ pid: Int32) -> Bool {
        guard let (state, flags) = mainThread(of: pid) else { return true }
        // PF_EXITING of the kernel's include/linux/sched.h.
        return state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") || flags & 4 != 0
    }

    /// The third and the ninth field of its `stat`. The second one is the program's name in parentheses, 15 bytes at most,
    /// which may hold any.
    private static func mainThread(of pid: Int32) -> (state: UInt8, flags: UInt32)? {
        guard pid > 0 else { return nil }
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0, let end = buffer.prefix(count).lastIndex(of: UInt8(ascii: ")")), end + 2 < count else {
                return nil
            }
            var flags: UInt32 = 0
            var spaces = 0
            for byte in buffer[(end + 2)..<count] {
                if byte == UInt8(ascii: " ") {
                    spaces += 1
                    if spaces == 7 { break }
                } else if spaces == 6 {
                    flags = flags &* 10 &+ UInt32(byte &- UInt8(ascii: "0"))
                }
            }
            return (buffer[end + 2], flags)
        }
    }

    /// The 22nd field. The second one is the program's name in parentheses, which may hold spaces and parentheses.
    private static func startTicks(inStat stat: String) -> UInt64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    private static func fields(_ names: [String], ofStatus status: String) -> [String: Substring] {
        var fields: [String: Substring] = [:]
        for line in status.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, names.contains(String(parts[0])) else { continue }
            fields[String(parts[0])] = parts[1].drop { $0 == "\t" || $0 == " " }
            if fields.count == names.count { break }
        }
        return fields
    }
}
