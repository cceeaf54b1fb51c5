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
        let seen = forEachProcess(from: pid, max: 64) { process, threads in
            for thread in threads {
                let text = readSmallFile("/proc/\(process)/task/\(thread)/schedstat") ?? ""
                let numbers = text.split(separator: " ").compactMap { Int64($0) }
                guard numbers.count > 1 else { continue }
                ran += numbers[0]
                waited += numbers[1]
            }
        }
        guard seen > 0 else { return nil }
        return ProcessActivity(ran: .nanoseconds(ran), waited: .nanoseconds(waited))
    }
}

/// Visits process `pid` and what it began, each before what it began itself, with its threads.
///
/// - Returns: how many there were; never more than `max`.
@discardableResult
func forEachProcess(from pid: Int32, max: Int, _ visit: (Int32, [String]) -> Void) -> Int {
    var open = [pid]
    var seen = 0
    while let process = open.popLast(), seen < max {
        guard let threads = threadIDs(of: process) else { continue }
        seen += 1
        visit(process, threads)
        for thread in threads {
            // Not every kernel tells.
            let children = readSmallFile("/proc/\(process)/task/\(thread)/children") ?? ""
            open += children.split(separator: " ").compactMap { Int32($0) }
        }
    }
    return seen
}

/// The threads of a process; nil when it is gone or may not be read.
func threadIDs(of pid: Int32) -> [String]? { folderNames("/proc/\(pid)/task") }
