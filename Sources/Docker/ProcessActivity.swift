import Support

/// What a process and its descendants have done with the processor since they began.
public struct ProcessActivity: Hashable, Sendable {
    /// How long their threads ran, all together.
    public let ran: Duration
    /// How long their threads were ready to run and did not, because of others or of a limit of the container.
    public let waited: Duration

    public init(ran: Duration, waited: Duration) {
        self.ran = ran
        self.waited = waited
    }

    /// Process `pid` and what it began, as they are now; nil when it is gone or may not be read.
    ///
    /// Reads `/proc/<pid>/task/*/schedstat`: some 10 µs for each thread. More than 64 processes are not looked at.
    public static func of(_ pid: Int32) -> ProcessActivity? {
        var ran: Int64 = 0
        var waited: Int64 = 0
        var open = [pid]
        var seen = 0
        while let process = open.popLast(), seen < 64 {
            guard let threads = threadIDs(of: process) else { continue }
            seen += 1
            for thread in threads {
                let folder = "/proc/\(process)/task/\(thread)"
                let numbers = (readSmallFile("\(folder)/schedstat") ?? "").split(separator: " ").compactMap {
                    Int64($0)
                }
                guard numbers.count > 1 else { continue }
                ran += numbers[0]
                waited += numbers[1]
                // Not every kernel tells.
                open += (readSmallFile("\(folder)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        }
        guard seen > 0 else { return nil }
        return ProcessActivity(ran: .nanoseconds(ran), waited: .nanoseconds(waited))
    }
}

/// The threads of a process; nil when it is gone or may not be read.
func threadIDs(of pid: Int32) -> [String]? { folderNames("/proc/\(pid)/task") }
