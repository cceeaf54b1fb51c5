import Docker
import EventLoop
import Healing
import Support

/// How the machine is that all containers share.
@Loop
final class Host {
    private let engine: Engine
    private var dataFolder: String?
    /// Whether a look at volumes has not come back.
    private var isLookingAtVolumes = false

    init(engine: Engine) { self.engine = engine }

    /// Looks at the pressure of the kernel's last 10 s and at the disk of the engine: some 50 µs. A kernel without
    /// `/proc/pressure` has none.
    ///
    /// - Parameter volumes: the folders that services keep their data in.
    func look(at volumes: [String: [String]]) async -> HostCondition {
        if self.dataFolder == nil { self.dataFolder = try? await self.engine.dataFolder(within: .seconds(2)) }
        return HostCondition(
            processorPressure: Self.pressure("some", in: readSmallFile("/proc/pressure/cpu")),
            memoryPressure: Self.pressure("full", in: readSmallFile("/proc/pressure/memory")),
            diskFree: self.dataFolder.flatMap { Self.free(at: $0) }, volumesFree: await self.free(at: volumes))
    }

    /// A volume may be on another machine that does not answer: then this does not come back, and is not asked again.
    private func free(at volumes: [String: [String]]) async -> [String: Int64]? {
        guard !volumes.isEmpty, !self.isLookingAtVolumes else { return nil }
        self.isLookingAtVolumes = true
        defer { self.isLookingAtVolumes = false }
        return await onOwnThread { volumes.compactMapValues { $0.compactMap(Self.free).min() } }
    }

    private static nonisolated func free(at path: String) -> Int64? {
        DiskRoom(of: path).map { Int64(clamping: $0.free) }
    }

    /// Of a line such as `some avg10=12.50 avg60=…` the first number, in whole percent.
    static nonisolated func pressure(_ line: String, in text: String?) -> Int {
        let words = (text ?? "").split(separator: "\n").first { $0.hasPrefix(line) }?.split(separator: " ") ?? []
        let average = words.first { $0.hasPrefix("avg10=") }?.dropFirst("avg10=".count)
        return average.flatMap { Double($0) }.map { Int($0.rounded()) } ?? 0
    }
}
