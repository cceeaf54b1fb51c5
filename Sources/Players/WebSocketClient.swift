import EventLoop
import Glibc

/// One WebSocket connection to a server on loopback, or at a numeric IPv4 address.
@Loop
final class WebSocketClient {
    /// Why there is no connection, in words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static nonisolated let handshakeBytesMax = 16 * 1024
    /// What all connections read into, one at a time.
    private static let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)

    private let socket: Int32
    private var reader = FrameReader()
    private var unsent: [UInt8] = []
    /// The kernel takes no more bytes for now.
    private var isBlocked = false
    private var received: [[UInt8]] = []
    /// Takes each message as it comes; false when it wants no more.
    private var listener: (@Loop ([UInt8]) -> Bool)?
    /// When ``listener`` has had its last message, or there are none any more.
    private var ended = Promise<Void>()
    /// How long ``listener`` waits for a message, and until when.
    private var limit = Duration.zero
    private var deadline = Loop.now
    private var timer: LoopTimer?
    private(set) var isOpen = true

    private init(_ socket: Int32) { self.socket = socket }

    isolated deinit { self.close() }

    /// Connects and shakes hands (RFC 6455, 4.1), within `limit`. The server's proof that it speaks WebSocket is not
    /// checked: it is ours.
    static func connect(
        to server: ServerAddress, path: String, within limit: Duration
    ) async throws(Failure) -> WebSocketClient {
        let deadline = Loop.now.advanced(by: limit)
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let socket = Glibc.socket(AF_INET, Int32(kind), 0)
        guard socket >= 0 else { throw Failure(description: "no socket: errno \(errno)") }
        let client = WebSocketClient(socket)
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = server.socketAddress
        let begun = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard begun == 0 || errno == EINPROGRESS else { throw Failure(description: "no connection: errno \(errno)") }
        let request = """
            GET \(path) HTTP/1.1\r
            Host: \(server.host):\(server.port)\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: cGxheWVycyBwbGF5IGFnYQ==\r
            \r

            """
        try await client.wait(for: .writable, by: deadline)
        guard Glibc.send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw Failure(description: "refused: errno \(errno)")
        }
        try await client.readHandshake(by: deadline)
        client.watch(.readable)
        client.takeFrames()
        return client
    }

    private func wait(for interest: Readiness, by deadline: SuspendingClock.Instant) async throws(Failure) {
        let left = Loop.now.duration(to: deadline)
        let ready = left > .zero ? await Loop.readiness(of: self.socket, for: interest, within: left) : []
        if ready.isEmpty { throw Failure(description: "no answer in time") }
    }

    private func readHandshake(by deadline: SuspendingClock.Instant) async throws(Failure) {
        var head: [UInt8] = []
        while head.count < Self.handshakeBytesMax {
            try await self.wait(for: .readable, by: deadline)
            guard let bytes = self.read() else { throw Failure(description: "closed during the handshake") }
            head += bytes
            guard let end = head.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let status = String(decoding: head.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            guard status.hasPrefix("HTTP/1.1 101") else { throw Failure(description: status) }
            self.reader.append(head[end.upperBound...])
            return
        }
        throw Failure(description: "an endless handshake")
    }

    /// What there is to read, to be called when there is, and good until the next call; nil when the connection has ended.
    private func read() -> UnsafeRawBufferPointer? {
        let buffer = Self.buffer
        let count = recv(self.socket, buffer.baseAddress, buffer.count, 0)
        return count > 0 ? UnsafeRawBufferPointer(rebasing: buffer[..<count]) : nil
    }

    private func isReady(_ ready: Readiness) {
        if ready.contains(.readable) {
            guard let bytes = self.read() else { return self.close() }
            self.reader.append(bytes)
            self.takeFrames()
        }
        if ready.contains(.writable), self.isOpen { self.flush() }
    }

    private func takeFrames() {
        while self.isOpen, let item = self.reader.next() {
            switch item {
            case .text(let message): self.take(message)
            case .ping(let payload): self.put(FrameReader.pong(payload))
            case .pong: break
            case .close, .broken: self.close()
            }
        }
    }

    // MARK: Messages

    /// Gives each message to `listener`, at once when it comes, until it returns false. Returns earlier when the connection
    /// ends, and closes it when no message comes for `limit`. One caller at a time.
    func listen(within limit: Duration, _ listener: @escaping @Loop ([UInt8]) -> Bool) async {
        self.ended = Promise()
        self.listener = listener
        self.limit = limit
        self.deadline = Loop.now.advanced(by: limit)
        self.watchDeadline()
        let received = self.received
        self.received = []
        for message in received { self.take(message) }
        if !self.isOpen { self.endListening() }
        await self.ended.value()
    }

    private func take(_ message: [UInt8]) {
        guard let listener else { return self.received.append(message) }
        self.deadline = Loop.now.advanced(by: self.limit)
        if !listener(message) { self.endListening() }
    }

    private func endListening() {
        self.listener = nil
        self.timer?.cancel()
        self.timer = nil
        self.ended.fulfil(())
    }

    /// One timer for many messages: it looks again when the deadline has moved meanwhile.
    private func watchDeadline() {
        self.timer = Loop.after(Loop.now.duration(to: self.deadline)) { [weak self] in
            guard let self else { return }
            self.timer = nil
            if Loop.now < self.deadline { self.watchDeadline() } else { self.close() }
        }
    }

    /// Sends a text message, soon; it is lost when the connection is.
    func send(_ text: String) { self.put(FrameReader.frame(text.utf8)) }

    private func put(_ bytes: [UInt8]) {
        guard self.isOpen else { return }
        let wasEmpty = self.unsent.isEmpty
        self.unsent += bytes
        if wasEmpty { self.flush() }
    }

    private func flush() {
        while !self.unsent.isEmpty {
            let count = Glibc.send(self.socket, self.unsent, self.unsent.count, Int32(MSG_NOSIGNAL))
            if count < 0 {
                guard errno == EAGAIN else { return self.close() }
                if !self.isBlocked { self.watch([.readable, .writable]) }
                self.isBlocked = true
                return
            }
            self.unsent.removeFirst(count)
        }
        if self.isBlocked { self.watch(.readable) }
        self.isBlocked = false
    }

    private func watch(_ interest: Readiness) {
        Loop.watch(self.socket, for: interest) { [weak self] ready in self?.isReady(ready) }
    }

    /// Ends the connection. Whoever listens hears nothing more.
    func close() {
        guard self.isOpen else { return }
        self.isOpen = false
        Loop.unwatch(self.socket)
        Glibc.close(self.socket)
        self.endListening()
    }
}
