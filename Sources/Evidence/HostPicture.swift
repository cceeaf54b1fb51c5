import Support

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
