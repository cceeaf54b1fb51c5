/// Takes a server's WebSocket frames apart (RFC 6455, 5.2) and puts messages together, as their bytes come in.
struct FrameReader {
    /// What the bytes so far amount to.
    enum Item: Hashable {
        /// A whole text message, however many frames it came in.
        case text([UInt8])
        case ping([UInt8])
        case pong
        /// The server closes; 1005 when it does not say why.
        case close(code: Int)
        /// No WebSocket any more: the connection is of no use.
        case broken
    }

    private enum Opcode {
        static let continuation: UInt8 = 0
        static let text: UInt8 = 1
        static let close: UInt8 = 8
        static let ping: UInt8 = 9
        static let pong: UInt8 = 10
    }

    /// Larger messages than this are none that a game makes.
    private static let messageBytesMax = 1 << 20

    private var buffer: [UInt8] = []
    private var start = 0
    private var message: [UInt8] = []

    mutating func append(_ bytes: some Collection<UInt8>) { self.buffer += bytes }

    /// The next item; nil until more bytes come.
    mutating func next() -> Item? {
        while let (opcode, isLast, payload) = self.frame() {
            switch opcode {
            case Opcode.text, Opcode.continuation:
                self.message += payload
                guard self.message.count <= Self.messageBytesMax else { return .broken }
                if isLast {
                    defer { self.message = [] }
                    return .text(self.message)
                }
            case Opcode.ping: return .ping(Array(payload))
            case Opcode.pong: return .pong
            case Opcode.close:
                return .close(code: payload.count < 2 ? 1005 : payload.prefix(2).reduce(0) { $0 << 8 | Int($1) })
            default: return .broken
            }
        }
        return nil
    }

    private mutating func frame() -> (opcode: UInt8, isLast: Bool, payload: ArraySlice<UInt8>)? {
        let bytes = self.buffer[self.start...]
        guard bytes.count >= 2 else { return self.compact() }
        let first = bytes[bytes.startIndex]
        let short = Int(bytes[bytes.startIndex + 1] & 0x7F)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 2 + lengthBytes else { return self.compact() }
        let length =
            lengthBytes == 0 ? short : bytes.dropFirst(2).prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
        // A length with its highest bit set comes out negative.
        guard (0...Self.messageBytesMax).contains(length) else { return (15, true, []) }
        guard bytes.count >= 2 + lengthBytes + length else { return self.compact() }
        let payload = bytes.dropFirst(2 + lengthBytes).prefix(length)
        self.start = payload.endIndex
        return (first & 0x0F, first & 0x80 != 0, payload)
    }

    /// Gives the bytes that were read back.
    private mutating func compact() -> (UInt8, Bool, ArraySlice<UInt8>)? {
        self.buffer.removeFirst(self.start)
        self.start = 0
        return nil
    }

    /// One whole frame of a client: final and masked. The mask is there for proxies on the way (RFC 6455, 10.3), and
    /// there are none between us and the server under test; so zero will do.
    static func frame(_ payload: some Collection<UInt8>, opcode: UInt8 = Opcode.text) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode]
        switch payload.count {
        case 0...125: frame.append(0x80 | UInt8(payload.count))
        case 126...0xFFFF:
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        return frame + [0, 0, 0, 0] + payload
    }

    static func pong(_ payload: [UInt8]) -> [UInt8] { self.frame(payload, opcode: Opcode.pong) }

    static var close: [UInt8] { self.frame([0x03, 0xE8], opcode: Opcode.close) }
}
