import Glibc

/// Asks a running backend of this machine for its health, for Docker's `HEALTHCHECK`. Needs neither loop nor `curl`.
public enum Healthcheck {
    /// Docker's patience is 5 s; a line that says why is worth more than being killed.
    private static let limit = Duration.seconds(4)
    private static let answerBytesMax = 64 * 1024

    /// What came of it, with the exit status for Docker: 0 well, 1 not well.
    public struct Outcome: Sendable, Hashable {
        public let status: Int32
        /// The answer's body, or why there is none.
        public let text: String
    }

    /// Gets `/health/internal` of `port` on 127.0.0.1. Blocks for up to 4 s.
    public static func run(port: UInt16) -> Outcome {
        let deadline = SuspendingClock.now.advanced(by: Self.limit)
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(AF_INET, kind, 0)
        guard socket >= 0 else { return Self.failure("no socket: \(Self.reason(errno))") }
        defer { close(socket) }
        if let code = Self.connect(socket, port, by: deadline) {
            return Self.failure("no connection to port \(port): \(Self.reason(code))")
        }
        let request = "GET /health/internal HTTP/1.0\r\nHost: localhost\r\n\r\n"
        // A fresh socket takes this whole.
        guard send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            return Self.failure("request not sent: \(Self.reason(errno))")
        }
        guard let answer = Self.read(socket, by: deadline) else {
            return Self.failure("no answer from port \(port) within \(Self.limit.components.seconds) s")
        }
        return Self.judge(answer)
    }

    static func judge(_ answer: String) -> Outcome {
        let lines = answer.split(separator: "\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let code = Int(words[1]) else {
            return Self.failure("the answer is not HTTP")
        }
        let body = answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
        let text = body.split(whereSeparator: \.isNewline).joined(separator: " ")
        return Outcome(status: code == 200 ? 0 : 1, text: text.isEmpty ? "status \(code)" : text)
    }

    private static func connect(_ socket: Int32, _ port: UInt16, by deadline: SuspendingClock.Instant) -> Int32? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return nil }
        guard errno == EINPROGRESS else { return errno }
        guard Self.wait(socket, Int16(POLLOUT), by: deadline) else { return ETIMEDOUT }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout.size(ofValue: code))
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? nil : code
    }

    private static func read(_ socket: Int32, by deadline: SuspendingClock.Instant) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < Self.answerBytesMax {
            guard Self.wait(socket, Int16(POLLIN), by: deadline) else { return nil }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func wait(_ socket: Int32, _ events: Int16, by deadline: SuspendingClock.Instant) -> Bool {
        let (seconds, attoseconds) = SuspendingClock.now.duration(to: deadline).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        var state = pollfd(fd: socket, events: events, revents: 0)
        return milliseconds > 0 && poll(&state, 1, Int32(milliseconds)) == 1
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func failure(_ text: String) -> Outcome { Outcome(status: 1, text: text) }
}
