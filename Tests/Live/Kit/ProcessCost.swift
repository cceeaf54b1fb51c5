import Foundation

/// What a process has cost so far, as `/proc` has it.
struct ProcessCost {
    /// Seconds of processor time, its own.
    let cpu: Double
    /// The same of its children that have ended.
    let childrenCPU: Double
    /// Resident, in kB.
    let memory: Int
    /// How often one of its threads went to sleep, and so has woken.
    let wakeups: Int

    init(of pid: pid_t) throws {
        let folder = "/proc/\(pid)"
        // The name in parentheses may hold spaces; utime is the 14th field of all, stime, cutime and cstime follow.
        let fields = textOfFile("\(folder)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let times = fields.dropFirst(11).prefix(4).compactMap { Double($0) }
        guard times.count == 4 else { throw Trouble("there is no process \(pid)") }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        self.cpu = (times[0] + times[1]) / ticks
        self.childrenCPU = (times[2] + times[3]) / ticks
        self.memory = ProcessCost.number("VmRSS:", in: "\(folder)/status")
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/task")) ?? []
        self.wakeups = threads.reduce(0) {
            $0 + ProcessCost.number("voluntary_ctxt_switches:", in: "\(folder)/task/\($1)/status")
        }
    }

    private static func number(_ key: String, in file: String) -> Int {
        let line = textOfFile(file).split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
