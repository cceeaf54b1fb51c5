import EventLoop
import Glibc

/// One connection between a command and the watchdog: lines both ways, bounded in length and time.
@Loop
final class ControlConnection {
    private static let lineMax = 65_536

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter descriptor: non-blocking; closed with ``close()``.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func close() { _ = Glibc.close(self.descriptor) }

    /// The next line without its end; nil when there is none in time, or none any more.
    func line(within limit: Duration) async -> [UInt8]? {
        let deadline = Loop.now.advanced(by: limit)
        while true {
            if let end = self.buffer.firstIndex(of: 0x0A) {
                defer { self.buffer.removeFirst(end + 1) }
                return Array(self.buffer[..<end])
            }
            guard self.buffer.count < ControlConnection.lineMax else { return nil }
            let left = Loop.now.duration(to: deadline)
            guard left > .zero, await !Loop.readiness(of: self.descriptor, for: .readable, within: left).isEmpty else {
                return nil
            }
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = read(self.descriptor, &bytes, bytes.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { return nil }
            self.buffer += bytes.prefix(count)
        }
    }

    /// Sends a line. To one who does not read it is lost: nobody holds up the watchdog.
    func send(_ line: [UInt8]) {
        _ = line.withUnsafeBytes { Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
