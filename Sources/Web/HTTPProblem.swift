public import Support

/// Why a request is refused: what a handler throws, and its answer as a problem document (RFC 9457).
public struct HTTPProblem: Error, Hashable, Sendable {
    /// 400 to 599.
    public let status: Int
    /// For programs: never changes, `snake_case`. `docs/protocol.md` lists them.
    public let code: String
    /// For people: what is wrong and what to do. Never a secret, never the input as a whole.
    public let detail: String
    /// Members beside those of every problem document.
    public var members: [JSONValue.Member]
    /// Fields of the answer, `Retry-After` for one.
    public var headers: [HTTPResponse.Header]

    public init(
        _ status: Int, _ code: String, _ detail: String, members: [JSONValue.Member] = [],
        headers: [HTTPResponse.Header] = []
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members
        self.headers = headers
    }

    /// The document without a type of its own, so that `title` says what `status` means (RFC 9457, 4.2.1).
    public var response: HTTPResponse {
        let document: [JSONValue.Member] = [
            .init("title", .string(Self.title(self.status))), .init("status", .integer(self.status)),
            .init("detail", .string(self.detail)), .init("code", .string(self.code)),
        ]
        var response = HTTPResponse.json(
            .object(document + self.members), status: self.status, contentType: "application/problem+json")
        response.headers += self.headers
        return response
    }

    /// The reason phrases of RFC 9110, 15, and RFC 6585.
    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: status < 500 ? "Bad Request" : "Internal Server Error"
        }
    }
}
