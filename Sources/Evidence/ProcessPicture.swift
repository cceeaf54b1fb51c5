import Support

/// What the processes of a container are at: each thread's state, what it waits for in the kernel, and its CPU time.
enum ProcessPicture {
    private static let processesMax = 64
    private static let threadsMax = 128

    /// - Parameter pid: the container's main process, as this machine numbers it.
    static func text(of pid: Int32) -> String {
        guard pid > 0 else { return "no process\n" }
        let processes = ControlGroup(of: pid).processes ?? [String(pid)]
        var text = "PROCESS   THREAD    STATE  CPU TICKS  WAITS IN                  NAME\n"
        for process in processes.prefix(self.processesMax) { text += self.threads(of: process) }
        if processes.count > self.processesMax {
            text += "… and \(processes.count - self.processesMax) more processes\n"
        }
        for process in processes.prefix(8) { text += self.figures(of: process) }
        return text
    }

    private static func threads(of process: String) -> String {
        let threads = folderNames("/proc/\(process)/task") ?? []
        let rows = threads.prefix(self.threadsMax).compactMap { thread -> String? in
            let folder = "/proc/\(process)/task/\(thread)"
            guard let stat = ProcFile.text("\(folder)/stat"), let open = stat.firstIndex(of: "("),
                let close = stat.lastIndex(of: ")")
            else { return nil }
            let fields = stat[stat.index(after: close)...].split(separator: " ")
            guard fields.count > 12 else { return nil }
            let wait = ProcFile.text("\(folder)/wchan").flatMap { $0.isEmpty || $0 == "0" ? nil : $0 } ?? "-"
            return self.columns([
                (process, 10), (thread, 10), (String(fields[0]), 7), ("\(fields[11])+\(fields[12])", 11), (wait, 26),
                (String(stat[stat.index(after: open)..<close]), 0),
            ])
        }
        let more = threads.count > self.threadsMax ? "… and \(threads.count - self.threadsMax) more threads\n" : ""
        return rows.joined() + more
    }

    private static func figures(of process: String) -> String {
        let status = ProcFile.text("/proc/\(process)/status") ?? ""
        let wanted = [
            "State", "TracerPid", "Threads", "FDSize", "VmPeak", "VmRSS", "VmSwap", "SigPnd", "ShdPnd", "SigBlk",
        ]
        let lines = status.split(separator: "\n").filter { line in wanted.contains { line.hasPrefix("\($0):") } }
        let files = folderNames("/proc/\(process)/fd").map { String($0.count) } ?? "unknown"
        let limit = (ProcFile.text("/proc/\(process)/limits") ?? "").split(separator: "\n")
            .first { $0.hasPrefix("Max open files") }
        return "\nprocess \(process)\n" + lines.map { "  \($0)\n" }.joined()
            + "  open files: \(files)\n" + (limit.map { "  \($0)\n" } ?? "")
    }

    private static func columns(_ cells: [(text: String, width: Int)]) -> String {
        var line = cells.map { $0.text + String(repeating: " ", count: max(0, $0.width - $0.text.count)) }.joined()
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
