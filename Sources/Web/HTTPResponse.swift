public import Support

/// One answer. `Content-Length`, `Date` and `X-Request-Id` are added when it is sent.
public struct HTTPResponse: Sendable, Hashable {
    /// One header field.
    public struct Header: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 200 to 599.
    public var status: Int
    public var headers: [Header]
    public var body: [UInt8]
    /// Ends the connection behind this answer, for clients whose bytes can't be trusted to be a further request.
    public var closesConnection = false
    /// What the connection becomes behind this answer, whose status is 101 then.
    var upgrade: WebSocketUpgrade?

    public init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer in JSON.
    public static func json(
        _ value: JSONValue, status: Int = 200, contentType: String = "application/json"
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: [Header("Content-Type", contentType)], body: Array((value.text + "\n").utf8))
    }

    func closing() -> HTTPResponse {
        var response = self
        response.closesConnection = true
        return response
    }
}
