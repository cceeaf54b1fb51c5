import Testing

@testable import Web

@Suite("A WebSocket's handshake")
struct WebSocketHandshakeTests {
    private static let good: [(String, String)] = [
        ("Host", "play.example.org:3000"), ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    private static var options: WebSocketOptions {
        var options = WebSocketOptions()
        options.origins = ["https://friend.example.org"]
        options.subprotocols = ["gammonguru.v1"]
        return options
    }

    /// A good handshake with `name` replaced, or left out where `value` is nil.
    private func handshake(
        _ name: String = "", _ value: String? = nil, method: String = "GET"
    ) throws(HTTPProblem) -> WebSocketHandshake {
        var fields = Self.good.filter { $0.0 != name }
        if let value { fields.append((name, value)) }
        let headers = HeaderBlock(fields.map { HeaderBlock.Field($0.0, $0.1) })
        return try WebSocketHandshake(HTTPRequest(method, "/ws", headers: headers), Self.options)
    }

    private func problem(_ name: String, _ value: String?, method: String = "GET") -> HTTPProblem? {
        do throws(HTTPProblem) {
            _ = try handshake(name, value, method: method)
            return nil
        } catch {
            return error
        }
    }

    @Test("is answered as RFC 6455's example, 1.3")
    func accepts() throws {
        let handshake = try handshake()
        #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(handshake.subprotocol == nil)
        #expect(handshake.headers.contains(.init("Upgrade", "websocket")))
    }

    @Test("hashes as FIPS 180 does, over block borders too")
    func sha1() {
        func hex(_ text: String) -> String {
            SHA1.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(hex(String(repeating: "a", count: 1000)) == "291e9a6c66994949b57ba5e650361e98fc36b1ba")
    }

    @Test("with another version, or none at all, is answered 426 and what is spoken")
    func version() {
        for version in ["8", "14", nil] {
            let problem = problem("Sec-WebSocket-Version", version)
            #expect(problem?.status == 426)
            #expect(problem?.headers.contains(.init("Sec-WebSocket-Version", "13")) == true)
        }
        #expect(problem("Upgrade", nil)?.status == 426)
        #expect(problem("Upgrade", "h2c")?.headers == [.init("Upgrade", "websocket")])
        #expect(problem("Connection", "keep-alive")?.status == 426)
        #expect(problem("", nil, method: "HEAD")?.status == 426)
        #expect(problem("Upgrade", "h2c, WebSocket") == nil)
    }

    @Test(
        "with a wrong key is answered 400",
        arguments: [
            nil, "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSB-b25jZQ==", "dGhlIHNhbXBsZSBub25jZXg=",
        ])
    func key(value: String?) {
        #expect(problem("Sec-WebSocket-Key", value)?.status == 400)
    }

    @Test(
        "is for pages of the own origin and those listed, and for programs that name none",
        arguments: [
            (nil, true), ("https://friend.example.org", true), ("http://play.example.org:3000", true),
            ("https://PLAY.example.org:3000", true), ("https://evil.example.org", false), ("null", false),
            ("http://play.example.org", false), ("https://friend.example.org.evil.org", false),
            ("http://friend.example.org", false), ("", false),
        ])
    func origin(value: String?, isWelcome: Bool) {
        #expect(problem("Origin", value)?.status == (isWelcome ? nil : 403))
    }

    @Test(
        "agrees on a subprotocol that both speak",
        arguments: [("gammonguru.v1", true), ("chat, gammonguru.v1", true), ("chat", false), ("gammonguru.v10", false)])
    func subprotocol(offered: String, isTaken: Bool) throws {
        let handshake = try handshake("Sec-WebSocket-Protocol", offered)
        #expect(handshake.subprotocol == (isTaken ? "gammonguru.v1" : nil))
        #expect(handshake.headers.contains { $0.name == "Sec-WebSocket-Protocol" } == isTaken)
    }
}
