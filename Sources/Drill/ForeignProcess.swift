import Glibc

/// Another process, as it is seen from outside.
enum ForeignProcess {
    /// What it has in memory that no file has, in bytes; from `/proc/<pid>/status`.
    static func anonymousMemory(of pid: pid_t) throws(DrillError) -> Int {
        let lines = (TextFile.read("/proc/\(pid)/status") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("RssAnon:") }),
            let kilobytes = Int(line.filter(\.isNumber))
        else { throw DrillError(.notInjected, "the memory of process \(pid) is not known") }
        return kilobytes << 10
    }
}
