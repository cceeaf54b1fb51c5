import Glibc

/// A client that sends what it is told, byte by byte if need be. All its methods block, with a deadline.
///
/// `@unchecked Sendable`: nothing changes after `init`; the kernel guards the socket.
public final class RawClient: @unchecked Sendable {
    private let socket: Int32

    /// Connects to `port` on 127.0.0.1.
    public init(port: UInt16) throws {
        self.socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = RawClient.address(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // `deinit` closes the socket also when `init` throws from here.
            throw TestKitError("no connection to port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(self.socket) }

    /// Sends all of `text`; false when the connection is gone.
    @discardableResult
    public func send(_ text: String) -> Bool { self.send(Array(text.utf8)) }

    /// Sends all of `bytes`; false when the connection is gone or takes nothing for 5 s.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            var state = pollfd(fd: self.socket, events: Int16(POLLOUT), revents: 0)
            guard poll(&state, 1, 5_000) == 1 else { return false }
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(self.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Ends what this side sends; it still receives.
    public func endSending() { shutdown(self.socket, Int32(SHUT_WR)) }

    /// Reads until the other side closes or `limit` has passed.
    public func receiveAll(within limit: Duration) -> (text: String, isClosed: Bool) {
        self.receive(within: limit) { _ in false }
    }

    /// Reads one answer with `Content-Length`; nil when it is not whole within `limit`.
    public func answer(within limit: Duration = .seconds(5), hasBody: Bool = true) -> Answer? {
        Answer(self.receive(within: limit) { Answer($0, hasBody: hasBody) != nil }.text, hasBody: hasBody)
    }

    /// True when the other side has closed within `limit`. Throws away what it sends before.
    public func isClosed(within limit: Duration) -> Bool { self.receiveAll(within: limit).isClosed }

    private func receive(within limit: Duration, until isDone: (String) -> Bool) -> (text: String, isClosed: Bool) {
        let (bytes, isClosed) = self.receiveBytes(within: limit) { isDone(String(decoding: $0, as: UTF8.self)) }
        return (String(decoding: bytes, as: UTF8.self), isClosed)
    }

    /// Reads until `isDone` with all that has come, the other side closes, or `limit` has passed. Takes `step` bytes at a
    /// time at most, so that no more is taken than is looked at.
    func receiveBytes(
        within limit: Duration, step: Int = 1 << 16, until isDone: ([UInt8]) -> Bool
    ) -> (bytes: [UInt8], isClosed: Bool) {
        let deadline = ContinuousClock.now.advanced(by: limit)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: step)
        while true {
            if isDone(bytes) { return (bytes, false) }
            let (seconds, attoseconds) = ContinuousClock.now.duration(to: deadline).components
            let left = Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            var state = pollfd(fd: self.socket, events: Int16(POLLIN), revents: 0)
            guard left > 0 else { return (bytes, false) }
            let ready = poll(&state, 1, left)
            if ready < 0, errno == EINTR { continue }
            guard ready == 1 else { return (bytes, false) }
            let count = recv(self.socket, &buffer, buffer.count, 0)
            guard count > 0 else { return (bytes, true) }
            bytes += buffer.prefix(count)
        }
    }

    /// Gets `path` over a connection of its own.
    public static func get(
        _ path: String, port: UInt16, within limit: Duration = .seconds(5)
    ) async throws -> Answer {
        try await onThread {
            let began = ContinuousClock.now
            let client = try RawClient(port: port)
            client.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
            guard var answer = client.answer(within: limit) else {
                throw TestKitError("no answer to GET \(path) within \(limit)")
            }
            answer.took = began.duration(to: .now)
            return answer
        }
    }

    /// A port of loopback that is free now.
    public static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard result else { throw TestKitError("no free port: \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// One answer, taken apart.
    public struct Answer: Sendable {
        public let status: Int
        /// Status line and fields.
        public let head: String
        public let body: String
        /// From before the connection to the end of the answer, where that was measured.
        public var took = Duration.zero

        /// Nil while `text` does not begin with a whole answer.
        init?(_ text: String, hasBody: Bool) {
            guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
            self.head = String(text[..<end.lowerBound])
            let words = self.head.split(separator: " ", maxSplits: 2)
            guard words.count > 1, let status = Int(words[1]) else { return nil }
            self.status = status
            let field = self.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = field.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
            let rest = text[end.upperBound...].utf8
            guard !hasBody || rest.count >= length else { return nil }
            self.body = hasBody ? String(decoding: rest.prefix(length), as: UTF8.self) : ""
        }

        /// The value of a header field.
        public func header(_ name: String) -> String? {
            let prefix = name.lowercased() + ": "
            return self.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
        }
    }
}

extension RawClient {
    /// Does nothing for `duration`, for clients that are slow on purpose.
    public static func pause(_ duration: Duration) throws {
        let (seconds, attoseconds) = duration.components
        usleep(UInt32(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    }
}
