/// How the machine is that all containers share.
public struct HostCondition: Hashable, Sendable, Codable {
    /// The share of the last 10 s, in percent, in which some task waited for a processor.
    public var processorPressure: Int
    /// The share of the last 10 s, in percent, in which all tasks at once waited for memory.
    public var memoryPressure: Int
    /// Bytes that are free where the engine keeps images, containers and volumes; nil where it can't be known.
    public var diskFree: Int64?
    /// Bytes that are free on the fullest disk that a service keeps data on; of those that are looked at closely. Nil
    /// where none is known.
    public var volumesFree: [String: Int64]?

    public init(
        processorPressure: Int = 0, memoryPressure: Int = 0, diskFree: Int64? = nil, volumesFree: [String: Int64]? = nil
    ) {
        self.processorPressure = processorPressure
        self.memoryPressure = memoryPressure
        self.diskFree = diskFree
        self.volumesFree = volumesFree
    }

    /// With less than this the engine itself can't write down what it does, and a database ends.
    static let diskFreeMin: Int64 = 16 << 20

    var isDiskFull: Bool { Self.isFull(self.diskFree) }

    /// Whether any disk is full.
    var isAnyDiskFull: Bool { self.isDiskFull || self.volumesFree?.values.contains { Self.isFull($0) } == true }

    private static func isFull(_ free: Int64?) -> Bool { free.map { $0 < diskFreeMin } ?? false }

    /// Which full disk the service suffers from, for people; nil when none is known of.
    func fullDisk(of service: String) -> String? {
        if self.isDiskFull { return self.trouble }
        guard let free = self.volumesFree?[service], Self.isFull(free) else { return nil }
        return "the disk that \(service) keeps its data on is full (\(free >> 20) MB free)"
    }

    /// What is wrong with it, for people; nil when nothing is.
    var trouble: String? {
        var troubles: [String] = []
        if let free = self.diskFree, self.isDiskFull {
            troubles.append("the disk of the engine is full (\(free >> 20) MB free): `docker system df` says of what")
        }
        if self.memoryPressure >= 20 {
            troubles.append("memory is short (all waited for it \(self.memoryPressure) % of the last 10 s)")
        }
        if self.processorPressure >= 80 {
            troubles.append("processors are short (some waited \(self.processorPressure) % of the last 10 s)")
        }
        return troubles.isEmpty ? nil : troubles.joined(separator: "; ")
    }
}
