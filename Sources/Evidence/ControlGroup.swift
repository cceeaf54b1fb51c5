/// The control group of a process: version 2, or the memory and CPU hierarchies of version 1.
struct ControlGroup {
    /// By controller; "" for version 2.
    private let folders: [String: String]

    init(of pid: Int32) {
        var folders: [String: String] = [:]
        for line in (ProcFile.text("/proc/\(pid)/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                folders[""] = "/sys/fs/cgroup\(parts[2])"
            } else {
                for controller in parts[1].split(separator: ",") {
                    folders[String(controller)] = "/sys/fs/cgroup/\(controller)\(parts[2])"
                }
            }
        }
        self.folders = folders
    }

    /// The processes in it; nil when it can't be read.
    var processes: [String]? {
        let lists = ["", "memory", "pids"].lazy.compactMap { controller in
            self.folders[controller].flatMap { ProcFile.text("\($0)/cgroup.procs") }
        }
        guard let list = lists.first(where: { !$0.isEmpty }) else { return nil }
        return list.split(separator: "\n").map(String.init)
    }

    /// Memory, OOM counters, CPU throttling and number of processes.
    var text: String {
        let files = [
            ("", "memory.current"), ("", "memory.peak"), ("", "memory.max"), ("", "memory.swap.current"),
            ("", "memory.events"), ("", "memory.pressure"), ("", "cpu.max"), ("", "cpu.stat"), ("", "cpu.pressure"),
            ("", "io.pressure"), ("", "pids.current"), ("", "pids.max"), ("", "cgroup.freeze"),
            ("memory", "memory.usage_in_bytes"), ("memory", "memory.max_usage_in_bytes"),
            ("memory", "memory.limit_in_bytes"), ("memory", "memory.failcnt"), ("memory", "memory.oom_control"),
            ("cpu", "cpu.stat"), ("cpu", "cpu.cfs_quota_us"), ("cpu", "cpu.cfs_period_us"), ("pids", "pids.current"),
            ("pids", "pids.max"),
        ]
        let parts = files.compactMap { controller, file in
            self.folders[controller].flatMap { ProcFile.text("\($0)/\(file)", limit: 8_192) }.map {
                "\(file)\n\(indented($0))"
            }
        }
        return parts.isEmpty ? "the control group can't be read\n" : parts.joined()
    }
}

/// Each line moved in by two spaces.
func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)\n" }.joined()
}
