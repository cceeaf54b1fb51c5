import Docker
import EventLoop
import Healing
import Support

/// How the machine is that all containers share.
@Loop
final class Host {
    private let engine: Engine
    private var dataFolder: String?

    init(engine: Engine) { self.engine = engine }

    /// Looks at the pressure of the kernel's last 10 s and at the disk of the engine: some 50 µs. A kernel without
    /// `/proc/pressure` has none.
    func look() async -> HostCondition {
        if self.dataFolder == nil { self.dataFolder = try? await self.engine.dataFolder(within: .seconds(2)) }
        return HostCondition(
            processorPressure: Self.pressure("some", in: readSmallFile("/proc/pressure/cpu")),
            memoryPressure: Self.pressure("full", in: readSmallFile("/proc/pressure/memory")),
            diskFree: self.dataFolder.flatMap { DiskRoom(of: $0) }.map { Int64(clamping: $0.free) })
    }

    /// Of a line such as `some avg10=12.50 avg60=…` the first number, in whole percent.
    static nonisolated func pressure(_ line: String, in text: String?) -> Int {
        let words = (text ?? "").split(separator: "\n").first { $0.hasPrefix(line) }?.split(separator: " ") ?? []
        let average = words.first { $0.hasPrefix("avg10=") }?.dropFirst("avg10=".count)
        return average.flatMap { Double($0) }.map { Int($0.rounded()) } ?? 0
    }
}
