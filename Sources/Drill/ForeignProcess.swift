import Glibc

/// Another process, as it is seen and signalled from outside.
enum ForeignProcess {
    static func send(_ signal: Int32, to pid: pid_t) throws(DrillError) {
        // 0 and -1 would stand for many others.
        guard pid > 1, kill(pid, signal) == 0 else {
            throw DrillError(.notInjected, "process \(pid) gets no signal: \(String(cString: strerror(errno)))")
        }
    }

    /// What it has in memory that no file has, in bytes; from `/proc/<pid>/status`.
    static func anonymousMemory(of pid: pid_t) throws(DrillError) -> Int {
        let lines = (TextFile.read("/proc/\(pid)/status") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("RssAnon:") }),
            let kilobytes = Int(line.filter(\.isNumber))
        else { throw DrillError(.notInjected, "the memory of process \(pid) is not known") }
        return kilobytes << 10
    }
}
