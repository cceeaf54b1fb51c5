import Glibc

/// How the machine is: pressure, load, memory, disks.
enum HostPicture {
    /// - Parameters:
    ///   - pid: the container's main process; 0 for none.
    ///   - folder: where evidence is kept.
    static func text(pid: Int32, folder: String) -> String {
        var text = ""
        for resource in ["cpu", "memory", "io"] {
            let pressure = ProcFile.text("/proc/pressure/\(resource)")
            text += "pressure of \(resource)\n" + (pressure.map(indented) ?? "  the kernel does not tell\n")
        }
        text += "load\n" + indented(ProcFile.text("/proc/loadavg") ?? "unknown")
        let wanted = ["MemTotal", "MemFree", "MemAvailable", "Dirty", "Writeback", "SwapTotal", "SwapFree"]
        let memory = (ProcFile.text("/proc/meminfo") ?? "").split(separator: "\n")
            .filter { line in wanted.contains { line.hasPrefix("\($0):") } }
        text += "memory\n" + memory.map { "  \($0)\n" }.joined() + "disks\n"
        var disks = [("evidence", folder), ("root", "/"), ("docker", "/var/lib/docker")]
        if pid > 0 { disks.append(("container", "/proc/\(pid)/root/")) }
        for (name, path) in disks { if let disk = DiskRoom(of: path) { text += "  \(name): \(disk)\n" } }
        return text
    }
}

/// What is free on a disk.
struct DiskRoom: CustomStringConvertible {
    /// For all but root, in bytes.
    let free: UInt64
    private let size: UInt64
    private let freeFiles: UInt64

    /// Nil when it can't be told.
    init?(of path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        self.free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        self.size = UInt64(status.f_blocks) * UInt64(status.f_frsize)
        self.freeFiles = UInt64(status.f_favail)
    }

    var description: String { "\(self.free >> 20) MiB free of \(self.size >> 20) MiB, \(self.freeFiles) files free" }
}
