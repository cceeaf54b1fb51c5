import Support

/// Whether there is disk and memory for a deploy. A disk that fills up in the middle of one is the worst moment for it.
enum Room {
    /// For journals and what is kept of containers.
    static let stateMin: UInt64 = 16 << 20
    /// For another image.
    static let imagesMin: UInt64 = 1 << 30
    /// For two of a container, as they run side by side for a moment.
    static let memoryMin: UInt64 = 128 << 20

    /// - Parameter memory: how much the machine says is available; nil where it does not say.
    /// - Returns: what is too little, for a person; nil when there is enough.
    static func lack(in folders: [(path: String, min: UInt64)], memory: UInt64? = Self.availableMemory) -> String? {
        for (path, min) in folders {
            // An engine's folder that can't be seen from here (another namespace) tells nothing.
            guard let free = DiskRoom(of: path)?.free else { continue }
            guard free >= min else {
                return "the disk of \(path) has \(free >> 20) MiB free and \(min >> 20) are needed; make room first "
                    + "(`docker system df` shows what images take)"
            }
        }
        guard let free = memory, free < self.memoryMin else { return nil }
        return "only \(free >> 20) MiB of memory are available and \(self.memoryMin >> 20) are needed; "
            + "two containers of a service run side by side for a moment"
    }

    /// `MemAvailable` of /proc/meminfo, in bytes.
    static var availableMemory: UInt64? {
        let text = String(decoding: readFile("/proc/meminfo") ?? [], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 << 10 }
    }
}
