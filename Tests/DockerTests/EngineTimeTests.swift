import Testing

@testable import Docker

@Suite("A time of the engine's")
struct EngineTimeTests {
    @Test(
        "is read to the nanosecond, at any offset",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
            ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
            ("2023-11-14T22:13:20.5Z", 1_700_000_000_500_000_000),
            ("2023-11-15T00:13:20.000000001+02:00", 1_700_000_000_000_000_001),
            ("2023-11-14T16:43:20-05:30", 1_700_000_000_000_000_000),
            ("2024-02-29T23:59:59.999999999999Z", 1_709_251_199_999_999_999),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000_000), ("1969-12-31T23:59:59.5Z", -500_000_000),
        ])
    func good(text: String, nanoseconds: Int64) {
        #expect(EngineTime(rfc3339: text) == EngineTime(text: text, nanosecondsSince1970: nanoseconds))
    }

    @Test(
        "is none for never and for nonsense",
        arguments: [
            "0001-01-01T00:00:00Z", "", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z",
            "2023-13-14T22:13:20Z", "2023-11-14T25:13:20Z", "2023-11-14T22:13:20Zx", "9999-01-01T00:00:00Z", "+023-11",
        ])
    func bad(text: String) {
        #expect(EngineTime(rfc3339: text) == nil)
    }
}

@Suite("The engine's stream of two outputs")
struct MultiplexedStreamTests {
    private func apart(_ bytes: [UInt8], pieces: Int) -> (stdout: String, stderr: String) {
        var (stdout, stderr): ([UInt8], [UInt8]) = ([], [])
        var stream = MultiplexedStream()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            Array(bytes[start..<min(start + pieces, bytes.count)]).withUnsafeBytes { piece in
                stream.consume(piece) { channel, payload in
                    if channel == .stdout { stdout += payload } else { stderr += payload }
                }
            }
        }
        return (String(decoding: stdout, as: UTF8.self), String(decoding: stderr, as: UTF8.self))
    }

    @Test("is taken apart wherever it is cut", arguments: 1...40)
    func frames(pieces: Int) {
        var bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 5] + Array("hello".utf8)
        bytes += [2, 0, 0, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 3] + Array("err".utf8)
        bytes += [1, 0, 0, 0, 0, 0, 1, 0] + Array(repeating: 0x78, count: 256)
        let (stdout, stderr) = self.apart(bytes, pieces: pieces)
        #expect(stdout == "hello" + String(repeating: "x", count: 256))
        #expect(stderr == "err")
    }

    @Test("is plain text when it has no frames", arguments: 1...12)
    func raw(pieces: Int) {
        #expect(self.apart(Array("a terminal's".utf8), pieces: pieces) == ("a terminal's", ""))
    }
}
