/// How the machine is that all containers share.
public struct HostCondition: Hashable, Sendable, Codable {
    /// The share of the last 10 s, in percent, in which some task waited for a processor.
    public var processorPressure: Int
    /// The share of the last 10 s, in percent, in which all tasks at once waited for memory.
    public var memoryPressure: Int
    /// Bytes that are free where the engine keeps images, containers and volumes; nil where it can't be known.
    public var diskFree: Int64?

    public init(processorPressure: Int = 0, memoryPressure: Int = 0, diskFree: Int64? = nil) {
        self.processorPressure = processorPressure
        self.memoryPressure = memoryPressure
        self.diskFree = diskFree
    }

    /// With less than this the engine itself can't write down what it does.
    static let diskFreeMin: Int64 = 16 << 20

    var isDiskFull: Bool { self.diskFree.map { $0 < Self.diskFreeMin } ?? false }

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
