/// Makes messages of a client's bytes, as strictly as RFC 6455 wants it from a server. A value: no socket, no clock.
///
/// Between messages it holds no memory of its own beyond its few fields. What a header announces is not reserved: memory
/// grows with what has arrived, up to the limit of one message.
struct WebSocketReader {
    enum Event: Equatable {
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong
        /// The client closes; nil when it gives no code.
        case close(WebSocketCloseCode?)
    }

    /// Why the connection has to be closed, and with what.
    struct Fault: Error, Equatable {
        let code: WebSocketCloseCode
        let reason: String
    }

    private struct Frame {
        let isFinal: Bool
        let opcode: WebSocketFrame.Opcode
        var left: Int
        var mask: InlineArray<4, UInt8>
        var maskIndex = 0
    }

    private let messageBytesMax: Int
    /// The header that is arriving: 2 bytes, up to 8 of length, 4 of mask.
    private var head = InlineArray<14, UInt8>(repeating: 0)
    private var headCount = 0
    /// The frame whose payload is arriving.
    private var frame: Frame?
    /// The kind of the message whose fragments are arriving.
    private var messageOpcode: WebSocketFrame.Opcode?
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var utf8 = UTF8Validator()
    /// Nothing counts behind a close frame.
    private var isClosed = false

    init(messageBytesMax: Int) {
        self.messageBytesMax = messageBytesMax
    }

    /// Takes `bytes` and appends what they complete to `events`, also when there is a fault behind it.
    mutating func read(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) throws(Fault) {
        var index = 0
        while index < bytes.count, !self.isClosed {
            if self.frame == nil {
                self.head[self.headCount] = bytes[index]
                self.headCount += 1
                index += 1
                if self.headCount == 2 { try self.checkHead() }
                guard self.headCount >= 2, self.headCount == 6 + self.lengthBytes else { continue }
                try self.beginFrame()
            } else {
                let end = min(bytes.count, index + (self.frame?.left ?? 0))
                try self.take(UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
                index = end
            }
            if self.frame?.left == 0 { try self.endFrame(&events) }
        }
    }

    // MARK: The header

    /// Bytes of the extended length.
    private var lengthBytes: Int {
        switch self.head[1] & 0x7F {
        case 126: 2
        case 127: 8
        default: 0
        }
    }

    /// What the first two bytes tell is refused before more is waited for.
    private func checkHead() throws(Fault) {
        guard self.head[0] & 0x70 == 0 else { throw Self.violation("reserved bits without an extension") }
        guard let opcode = WebSocketFrame.Opcode(rawValue: self.head[0] & 0x0F) else {
            throw Self.violation("unknown opcode")
        }
        guard self.head[1] & 0x80 != 0 else { throw Self.violation("a client's frames are masked") }
        if opcode.isControl {
            guard self.head[0] & 0x80 != 0 else { throw Self.violation("fragmented control frame") }
            guard self.head[1] & 0x7F <= WebSocketFrame.controlBytesMax else {
                throw Self.violation("control frame too long")
            }
        } else if opcode == .continuation {
            guard self.messageOpcode != nil else { throw Self.violation("nothing to continue") }
        } else {
            guard self.messageOpcode == nil else { throw Self.violation("message inside a message") }
        }
    }

    private mutating func beginFrame() throws(Fault) {
        let lengthBytes = self.lengthBytes
        var length = UInt64(self.head[1] & 0x7F)
        if lengthBytes > 0 {
            length = 0
            for index in 2..<(2 + lengthBytes) { length = length << 8 | UInt64(self.head[index]) }
            guard length >> 63 == 0, length > (lengthBytes == 2 ? 125 : 0xFFFF) else {
                throw Self.violation("length not in its shortest form")
            }
        }
        // Checked before.
        guard let opcode = WebSocketFrame.Opcode(rawValue: self.head[0] & 0x0F) else { return }
        if !opcode.isControl {
            guard length <= UInt64(self.messageBytesMax - self.message.count) else {
                throw Fault(code: .messageTooBig, reason: "a message may have \(self.messageBytesMax) bytes")
            }
            if opcode != .continuation {
                self.messageOpcode = opcode
                self.utf8 = UTF8Validator()
            }
        }
        let mask = 2 + lengthBytes
        self.frame = Frame(
            isFinal: self.head[0] & 0x80 != 0, opcode: opcode, left: Int(length),
            mask: [self.head[mask], self.head[mask + 1], self.head[mask + 2], self.head[mask + 3]])
        self.headCount = 0
    }

    // MARK: The payload

    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        guard var frame = self.frame else { return }
        let isText = !frame.opcode.isControl && self.messageOpcode == .text
        frame.left -= bytes.count
        for byte in bytes {
            let plain = byte ^ frame.mask[frame.maskIndex]
            frame.maskIndex = (frame.maskIndex + 1) & 3
            if frame.opcode.isControl {
                self.control.append(plain)
            } else {
                guard !isText || self.utf8.take(plain) else { throw Self.notUTF8 }
                self.message.append(plain)
            }
        }
        self.frame = frame
    }

    private mutating func endFrame(_ events: inout [Event]) throws(Fault) {
        guard let frame = self.frame else { return }
        self.frame = nil
        if frame.opcode.isControl {
            let payload = self.control
            self.control = []
            events.append(try self.controlEvent(frame.opcode, payload))
        } else if frame.isFinal {
            let payload = self.message
            let isText = self.messageOpcode == .text
            self.message = []
            self.messageOpcode = nil
            guard isText else { return events.append(.message(.binary(payload))) }
            guard self.utf8.isComplete else { throw Self.notUTF8 }
            events.append(.message(.text(String(decoding: payload, as: UTF8.self))))
        }
    }

    private mutating func controlEvent(
        _ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]
    ) throws(Fault) -> Event {
        if opcode == .ping { return .ping(payload) }
        if opcode == .pong { return .pong }
        self.isClosed = true
        if payload.isEmpty { return .close(nil) }
        guard payload.count >= 2 else { throw Self.violation("half a close code") }
        let code = WebSocketCloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayBeSent else { throw Self.violation("impossible close code") }
        guard String(validating: payload[2...], as: UTF8.self) != nil else { throw Self.notUTF8 }
        return .close(code)
    }

    private static var notUTF8: Fault { Fault(code: .invalidPayload, reason: "text that is not UTF-8") }

    private static func violation(_ reason: String) -> Fault { Fault(code: .protocolError, reason: reason) }
}
