import CLinux
import Glibc

/// Another process, as it is seen and limited from outside.
enum ProcessLimits {
    /// What it has in memory that no file has, in bytes; from `/proc/<pid>/status`.
    static func anonymousMemory(of pid: pid_t) throws(DrillError) -> Int {
        let lines = (TextFile.read("/proc/\(pid)/status") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("RssAnon:") }),
            let kilobytes = Int(line.filter(\.isNumber))
        else { throw DrillError(.notInjected, "the memory of process \(pid) is not known") }
        return kilobytes << 10
    }

    /// Lowers the limit of file descriptors: what is open stays open, and nothing new can be.
    static func setDescriptors(of pid: pid_t, to count: UInt) throws(DrillError) {
        guard pid > 1, linux_limit_descriptors(pid, count) == 0 else {
            throw DrillError(.notInjected, "the limits of \(pid) can't be changed: \(String(cString: strerror(errno)))")
        }
    }
}
