/// The frames of RFC 6455, 5.2, as a server writes them.
enum WebSocketFrame {
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { self.rawValue >= 8 }
    }

    /// The most a control frame may carry (RFC 6455, 5.5).
    static let controlBytesMax = 125

    /// Appends one whole, unmasked message with `payload`.
    static func append(_ opcode: Opcode, _ payload: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(0x80 | opcode.rawValue)
        let count = payload.count
        switch count {
        case ...125: bytes.append(UInt8(count))
        case ...0xFFFF: bytes += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default:
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(count >> shift & 0xFF)) }
        }
        bytes += payload
    }

    /// Appends a close frame; `reason` is cut to what fits, between characters.
    static func appendClose(_ code: WebSocketCloseCode?, _ reason: String, to bytes: inout [UInt8]) {
        guard let code else { return Self.append(.close, [], to: &bytes) }
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for character in reason.unicodeScalars {
            let encoded = Array(String(character).utf8)
            guard payload.count + encoded.count <= Self.controlBytesMax else { break }
            payload += encoded
        }
        Self.append(.close, payload, to: &bytes)
    }
}
