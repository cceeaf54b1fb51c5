/// A WebSocket client that also sends what no honest client would. All its methods block, with a deadline.
public final class WebSocketClient: Sendable {
    /// One frame of the server.
    public struct Frame: Sendable, Hashable {
        /// As in RFC 6455, 5.2: 1 text, 2 binary, 8 close, 9 ping, 10 pong.
        public let opcode: UInt8
        public let payload: [UInt8]

        public init(opcode: UInt8, payload: [UInt8]) {
            self.opcode = opcode
            self.payload = payload
        }

        public var text: String { String(decoding: self.payload, as: UTF8.self) }

        /// Of a close frame; nil when it has none.
        public var closeCode: Int? {
            self.payload.count < 2 ? nil : Int(self.payload[0]) << 8 | Int(self.payload[1])
        }
    }

    private let raw: RawClient
    /// The server's answer to the handshake.
    public let handshake: RawClient.Answer

    /// Connects, and sends a handshake with `headers` after the usual ones, and `more` right behind it.
    ///
    /// Throws when there is no answer. Reads the answer byte by byte, so that no frame is lost with it.
    public init(port: UInt16, path: String, headers: [String] = [], more: [UInt8] = []) throws {
        self.raw = try RawClient(port: port)
        let fields = [
            "Host: localhost:\(port)", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        let head = (["GET \(path) HTTP/1.1"] + fields + headers).joined(separator: "\r\n") + "\r\n\r\n"
        self.raw.send(Array(head.utf8) + more)
        guard let answer = self.raw.head(within: .seconds(10)) else { throw TestKitError("no answer to the handshake") }
        self.handshake = answer
    }

    /// Sends a frame as a client does, masked; false when the connection is gone.
    @discardableResult
    public func send(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> Bool {
        self.raw.send(Self.frame(opcode, payload, isFinal: isFinal))
    }

    /// Sends text as one message.
    @discardableResult
    public func send(_ text: String) -> Bool { self.send(1, Array(text.utf8)) }

    /// Sends `bytes` as they are.
    @discardableResult
    public func sendRaw(_ bytes: [UInt8]) -> Bool { self.raw.send(bytes) }

    /// The next frame; nil when the server closes or nothing whole comes within `limit`.
    public func next(within limit: Duration = .seconds(10)) -> Frame? {
        guard let head = self.raw.exactly(2, within: limit) else { return nil }
        var length = Int(head[1] & 0x7F)
        if length > 125 {
            guard let bytes = self.raw.exactly(length == 126 ? 2 : 8, within: limit) else { return nil }
            length = bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = self.raw.exactly(length, within: limit) else { return nil }
        return Frame(opcode: head[0] & 0x0F, payload: payload)
    }

    /// All frames until the server ends its stream or `limit` has passed, read in large pieces: for who has much to catch up
    /// with. What is not whole is left out.
    public func rest(within limit: Duration) -> [Frame] {
        let bytes = self.raw.receiveBytes(within: limit) { _ in false }.bytes
        var frames: [Frame] = []
        var at = 0
        while at + 2 <= bytes.count {
            var (start, length) = (at + 2, Int(bytes[at + 1] & 0x7F))
            if length > 125 {
                let size = length == 126 ? 2 : 8
                length = bytes[start..<min(start + size, bytes.count)].reduce(0) { $0 << 8 | Int($1) }
                start += size
            }
            guard start + length <= bytes.count else { break }
            frames.append(Frame(opcode: bytes[at] & 0x0F, payload: Array(bytes[start..<start + length])))
            at = start + length
        }
        return frames
    }

    /// True when the server has closed the connection within `limit`.
    public func isClosed(within limit: Duration = .seconds(10)) -> Bool { self.raw.isClosed(within: limit) }

    /// A frame as a client sends it.
    public static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case ...125: bytes.append(0x80 | UInt8(payload.count))
        case ...0xFFFF: bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [0xFF] + stride(from: 56, through: 0, by: -8).map { UInt8(payload.count >> $0 & 0xFF) }
        }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }
}

extension RawClient {
    /// Reads `count` bytes and not one more; nil when they do not come.
    func exactly(_ count: Int, within limit: Duration) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let (more, isClosed) = self.receiveBytes(within: limit, step: count - bytes.count) { !$0.isEmpty }
            guard !more.isEmpty, !isClosed else { return nil }
            bytes += more
        }
        return bytes
    }

    /// Reads an answer's header and not a byte more.
    func head(within limit: Duration) -> Answer? {
        let end = Array("\r\n\r\n".utf8)
        let (bytes, _) = self.receiveBytes(within: limit, step: 1) { $0.suffix(4).elementsEqual(end) }
        return Answer(String(decoding: bytes, as: UTF8.self), hasBody: false)
    }
}
