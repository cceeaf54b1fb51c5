import ServiceTestKit
import Support
import Testing

@testable import Web

@Suite("For any bytes, the WebSocket reader")
struct WebSocketReaderPropertyTests {
    private static let limit = 300

    /// Mostly good frames, some of them damaged: noise alone would never get past the second byte.
    private func stream(_ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let opcode: UInt8 = [0, 0, 1, 2, 8, 9, 10].randomElement(using: &random) ?? 1
            let range: ClosedRange<UInt8> = Bool.random(using: &random) ? 0x20...0x7E : 0...0xFF
            let payload = (0..<Int.random(in: 0...140, using: &random)).map { _ in
                UInt8.random(in: range, using: &random)
            }
            bytes += WebSocketClient.frame(opcode, payload, isFinal: Int.random(in: 0..<3, using: &random) > 0)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...0xFF, using: &random)
        }
        return bytes
    }

    private func read(
        _ bytes: [UInt8], step: () -> Int
    ) -> (events: [WebSocketReader.Event], fault: WebSocketReader.Fault?) {
        var reader = WebSocketReader(messageBytesMax: Self.limit)
        var events: [WebSocketReader.Event] = []
        var start = 0
        do throws(WebSocketReader.Fault) {
            while start < bytes.count {
                let end = min(bytes.count, start + step())
                try bytes[start..<end].withUnsafeBufferPointer { (piece) throws(WebSocketReader.Fault) in
                    try reader.read(UnsafeRawBufferPointer(piece), into: &events)
                }
                start = end
            }
            return (events, nil)
        } catch {
            return (events, error)
        }
    }

    @Test("comes to the same end however they are cut, and never exceeds its limit", arguments: UInt64(0)..<100)
    func sameInPieces(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let bytes = stream(&random)
            let whole = read(bytes) { bytes.count }
            let pieces = read(bytes) { Int.random(in: 1...9, using: &random) }
            #expect(whole.events == pieces.events)
            #expect(whole.fault == pieces.fault)
            for case .message(let message) in whole.events {
                switch message {
                case .text(let text): #expect(text.utf8.count <= Self.limit)
                case .binary(let payload): #expect(payload.count <= Self.limit)
                }
            }
        }
    }

    @Test("agrees with the standard library about UTF-8", arguments: UInt64(0)..<100)
    func utf8(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let parts: [[UInt8]] = [
            [0x41], [0xC3, 0xA4], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xED, 0xA0], [0xE0, 0x9F],
            [0xF4, 0x90],
            [0x80], [0xBF], [0xC1], [0xF0, 0x8F], [0xF4, 0x8F, 0xBF, 0xBF],
        ]
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...4, using: &random)).flatMap { _ in
                parts.randomElement(using: &random) ?? []
            }
            var validator = UTF8Validator()
            let isText = bytes.allSatisfy { validator.take($0) } && validator.isComplete
            #expect(isText == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
