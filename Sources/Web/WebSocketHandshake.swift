/// Decides whether a request opens a WebSocket (RFC 6455, 4.2).
struct WebSocketHandshake {
    /// The value of `Sec-WebSocket-Accept`.
    let accept: String
    /// The first of ours that the client offers.
    let subprotocol: String?

    init(_ request: HTTPRequest, _ options: WebSocketOptions) throws(HTTPProblem) {
        let headers = request.headers
        let upgrades = Self.list("upgrade", headers).map { $0.lowercased() }
        let connection = Self.list("connection", headers).map { $0.lowercased() }
        guard request.method == "GET", upgrades.contains("websocket"), connection.contains("upgrade") else {
            throw HTTPProblem(
                426, "upgrade_required", "Only WebSockets are served here.", headers: [.init("Upgrade", "websocket")])
        }
        guard headers["sec-websocket-version"] == "13" else {
            throw HTTPProblem(
                426, "upgrade_required", "The only version of WebSocket spoken here is 13.",
                headers: [.init("Upgrade", "websocket"), .init("Sec-WebSocket-Version", "13")])
        }
        let keys = headers.fields.filter { $0.isNamed("sec-websocket-key") }.map(\.value)
        guard keys.count == 1, Self.isKey(keys[0]) else {
            throw HTTPProblem(400, "malformed_request", "There must be one Sec-WebSocket-Key, 16 bytes in Base64.")
        }
        if let origin = headers["origin"], !Self.isWelcome(origin, headers["host"], options) {
            throw HTTPProblem(403, "origin_refused", "Pages of this origin may not connect.")
        }
        self.accept = Self.accept(keys[0])
        let offered = Self.list("sec-websocket-protocol", headers)
        self.subprotocol = options.subprotocols.first { offered.contains($0) }
    }

    /// The answer's fields, without those of every upgrade.
    var headers: [HTTPResponse.Header] {
        var headers = [HTTPResponse.Header("Upgrade", "websocket"), .init("Sec-WebSocket-Accept", self.accept)]
        if let subprotocol = self.subprotocol { headers.append(.init("Sec-WebSocket-Protocol", subprotocol)) }
        return headers
    }

    static func accept(_ key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// 16 bytes are 22 characters, the last with four bits only, and `==`.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes[22...] == [0x3D, 0x3D] && "AQgw".utf8.contains(bytes[21])
            && bytes[..<22].allSatisfy(Base64.alphabet.contains)
    }

    /// The server's own origin is that of the same host and port. The scheme is not compared: behind a proxy that ends
    /// TLS it is another one.
    private static func isWelcome(_ origin: String, _ host: String?, _ options: WebSocketOptions) -> Bool {
        if options.origins.contains(origin) { return true }
        guard let host, let end = origin.firstRange(of: "://") else { return false }
        return origin[end.upperBound...].lowercased() == host.lowercased()
    }

    /// The elements of a list that may be spread over several fields (RFC 9110, 5.6.1).
    private static func list(_ name: String, _ headers: HeaderBlock) -> [String] {
        headers.fields.filter { $0.isNamed(name) }.flatMap { field in
            field.value.split(separator: ",").map { element in String(element.filter { $0 != " " && $0 != "\t" }) }
        }
    }
}

/// Base64 (RFC 4648, 4).
enum Base64 {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                text.append(
                    index <= group.count ? Self.alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
