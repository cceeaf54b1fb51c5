import ServiceTestKit
import Testing

@testable import Web

/// What a server has to make of frames. The numbers are those of the Autobahn test suite's cases that ask the same.
@Suite("The WebSocket reader, after Autobahn,")
struct AutobahnCases {
    private typealias Event = WebSocketReader.Event

    private static let limit = 1 << 17

    private static func frame(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
        WebSocketClient.frame(opcode, payload, isFinal: isFinal)
    }

    private static func frame(_ opcode: UInt8, _ text: String, isFinal: Bool = true) -> [UInt8] {
        Self.frame(opcode, Array(text.utf8), isFinal: isFinal)
    }

    /// What `bytes` are read as, in pieces of `step` bytes.
    private func read(_ bytes: [UInt8], step: Int) -> (events: [Event], code: WebSocketCloseCode?) {
        var reader = WebSocketReader(messageBytesMax: Self.limit)
        var events: [Event] = []
        do throws(WebSocketReader.Fault) {
            for start in stride(from: 0, to: bytes.count, by: step) {
                let piece = Array(bytes[start..<min(start + step, bytes.count)])
                try piece.withUnsafeBufferPointer { (bytes) throws(WebSocketReader.Fault) in
                    try reader.read(UnsafeRawBufferPointer(bytes), into: &events)
                }
            }
            return (events, nil)
        } catch {
            return (events, error.code)
        }
    }

    /// Whole and byte by byte, the same comes out.
    private func expect(
        _ bytes: [UInt8], _ events: [Event], _ code: WebSocketCloseCode? = nil,
        location: SourceLocation = #_sourceLocation
    ) {
        for step in [max(1, bytes.count), 1, 7] where step == bytes.count || bytes.count < 5_000 {
            let read = read(bytes, step: step)
            #expect(read.events == events, "in steps of \(step)", sourceLocation: location)
            #expect(read.code == code, "in steps of \(step)", sourceLocation: location)
        }
    }

    @Test("1.*: takes text and binary messages of every length form", arguments: [0, 1, 125, 126, 127, 65535, 65536])
    func lengths(count: Int) {
        let text = String(repeating: "*", count: count)
        expect(Self.frame(1, text), [.message(.text(text))])
        let bytes = [UInt8](repeating: 0xFE, count: count)
        expect(Self.frame(2, bytes), [.message(.binary(bytes))])
    }

    @Test("2.*: takes pings with up to 125 bytes, also unasked pongs, and refuses longer ones")
    func pings() {
        for count in [0, 5, 125] {
            let payload = [UInt8](repeating: 0xFE, count: count)
            expect(Self.frame(9, payload), [.ping(payload)])
            expect(Self.frame(10, payload), [.pong])
        }
        expect(Self.frame(9, [UInt8](repeating: 0xFE, count: 126)), [], .protocolError)
        expect(
            Self.frame(9, "a") + Self.frame(10, "b") + Self.frame(9, "c"),
            [.ping(Array("a".utf8)), .pong, .ping(Array("c".utf8))])
    }

    @Test("3.*: refuses reserved bits, behind a good message too", arguments: 1...7)
    func reservedBits(bits: UInt8) {
        let bad = [0x81 | bits << 4] + Self.frame(1, "x").dropFirst()
        expect(Self.frame(1, "Hello") + bad + Self.frame(9), [.message(.text("Hello"))], .protocolError)
    }

    @Test("4.*: refuses unknown opcodes", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    func opcodes(opcode: UInt8) {
        expect(Self.frame(1, "Hello") + Self.frame(opcode, "x"), [.message(.text("Hello"))], .protocolError)
    }

    @Test("5.1, 5.2: refuses fragmented control frames", arguments: [8, 9, 10])
    func fragmentedControl(opcode: UInt8) {
        expect(Self.frame(opcode, "a", isFinal: false) + Self.frame(0, "b"), [], .protocolError)
    }

    @Test("5.3 to 5.8: puts fragments together, with control frames between them")
    func fragments() {
        let first = Self.frame(1, "frag", isFinal: false)
        expect(first + Self.frame(0, "ment"), [.message(.text("fragment"))])
        expect(first + Self.frame(9, "p") + Self.frame(0, "ment"), [.ping([0x70]), .message(.text("fragment"))])
        expect(
            first + Self.frame(0, isFinal: false) + Self.frame(10) + Self.frame(0), [.pong, .message(.text("frag"))])
        expect(
            Self.frame(2, [1], isFinal: false) + Self.frame(0, [2], isFinal: false) + Self.frame(0, [3])
                + Self.frame(1, "b"), [.message(.binary([1, 2, 3])), .message(.text("b"))])
    }

    @Test("5.9 to 5.20: refuses a continuation of nothing, and a message inside another")
    func strayFragments() {
        expect(Self.frame(0, "x"), [], .protocolError)
        expect(Self.frame(0, "x", isFinal: false), [], .protocolError)
        expect(
            Self.frame(1, "a", isFinal: false) + Self.frame(0, "b") + Self.frame(0, "c"), [.message(.text("ab"))],
            .protocolError)
        expect(Self.frame(1, "a", isFinal: false) + Self.frame(1, "b"), [], .protocolError)
        expect(Self.frame(1, "a", isFinal: false) + Self.frame(2, "b"), [], .protocolError)
    }

    @Test("6.1 to 6.3: takes UTF-8 cut anywhere into fragments")
    func fragmentedUTF8() {
        let text = "Hello-µ@ßöäüàá-UTF-8!! κόσμε 𐍈 \u{10FFFF} \u{FFFE} \u{D7FF}\u{E000}"
        let pieces = text.utf8.map { Self.frame(0, [$0], isFinal: false) }.reduce([], +)
        expect(Self.frame(1, isFinal: false) + pieces + Self.frame(0), [.message(.text(text))])
    }

    @Test(
        "6.3 to 6.21: refuses what is not UTF-8",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            [0xF0, 0x9F, 0x98], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xED, 0xA0, 0x80],
        ] as [[UInt8]])
    func badUTF8(bytes: [UInt8]) {
        expect(Self.frame(1, bytes), [], .invalidPayload)
        expect(Self.frame(1, bytes, isFinal: false) + Self.frame(0), [], .invalidPayload)
        #expect(String(validating: bytes, as: UTF8.self) == nil)
    }

    @Test("6.4: refuses at the first byte that can't be right, before the frame is whole")
    func failsFast() {
        let whole = Self.frame(1, [0xCE, 0xBA, 0xF4, 0x90] + Array("there is more".utf8))
        #expect(read(Array(whole.prefix(6 + 3)), step: 100).code == nil)
        #expect(read(Array(whole.prefix(6 + 4)), step: 100).code == .invalidPayload)
    }

    @Test("7.1, 7.3: takes a close frame with and without code and reason, and nothing behind it")
    func close() {
        expect(Self.frame(8), [.close(nil)])
        expect(Self.frame(8, [3, 0xE8]), [.close(.normal)])
        expect(Self.frame(8, [3, 0xE8] + Array("bye".utf8)) + Self.frame(1, "x"), [.close(.normal)])
        expect(Self.frame(8, [3, 0xE8] + [UInt8](repeating: 0x2A, count: 123)), [.close(.normal)])
        expect(Self.frame(8, [3]), [], .protocolError)
        expect(Self.frame(8, [3, 0xE8] + [UInt8](repeating: 0x2A, count: 124)), [], .protocolError)
    }

    @Test("7.5: refuses a reason that is not UTF-8")
    func closeReason() {
        expect(Self.frame(8, [3, 0xE8, 0xCE, 0xBA, 0xED, 0xA0, 0x80]), [], .invalidPayload)
    }

    @Test(
        "7.7: takes the close codes there are",
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
    func goodCodes(code: UInt16) {
        expect(Self.frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)]), [.close(WebSocketCloseCode(code))])
    }

    @Test(
        "7.9, 7.13: refuses the others",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    func badCodes(code: UInt16) {
        expect(Self.frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)]), [], .protocolError)
    }

    @Test("9.*: takes messages up to its limit, whole and in fragments, and refuses one byte more at the header")
    func limits() {
        let bytes = [UInt8](repeating: 1, count: Self.limit)
        expect(Self.frame(2, bytes), [.message(.binary(bytes))])
        let more = Self.frame(2, bytes + [1])
        #expect(read(Array(more.prefix(13)), step: 100).code == nil)
        #expect(read(Array(more.prefix(14)), step: 100).code == .messageTooBig)
        let first = Self.frame(2, bytes, isFinal: false)
        expect(first + Self.frame(0), [.message(.binary(bytes))])
        expect(first + Self.frame(0, [1]), [], .messageTooBig)
        let huge: [UInt8] = [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [0, 0, 0, 0]
        expect(huge, [], .messageTooBig)
    }

    @Test("10.1.1: puts a message together that was cut into frames of 1300 bytes", arguments: [1, 2] as [UInt8])
    func autoFragmentation(opcode: UInt8) {
        let bytes = [UInt8](repeating: 0x2A, count: 65_536)
        var frames: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 1300) {
            let end = min(start + 1300, bytes.count)
            frames += Self.frame(start == 0 ? opcode : 0, Array(bytes[start..<end]), isFinal: end == bytes.count)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        expect(frames, [.message(opcode == 1 ? .text(text) : .binary(bytes))])
    }

    @Test("refuses frames without a mask, and lengths that are not in their shortest form")
    func malformed() {
        expect([0x81, 0x01, 0x61], [], .protocolError)
        expect([0x82, 0xFE, 0, 125, 0, 0, 0, 0], [], .protocolError)
        expect([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], [], .protocolError)
        expect([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [], .protocolError)
    }
}
