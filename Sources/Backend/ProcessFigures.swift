import EventLoop
import Glibc

/// What this process says about itself.
@Loop
struct ProcessFigures {
    private let began = Loop.now

    /// Whole seconds since the program began.
    var uptimeSeconds: Int { Int(self.began.duration(to: Loop.now).components.seconds) }

    /// Resident memory, from `/proc/self/statm` (proc(5)); nil where there is none.
    var memoryBytes: Int? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        let fields = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
