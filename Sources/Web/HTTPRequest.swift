/// One request, whole: its body has arrived and is within the limit.
public struct HTTPRequest {
    /// The method as sent, `GET`. Methods are case-sensitive (RFC 9110, 9.1).
    public let method: String
    /// The target up to its `?`, as sent: percent escapes are kept, so that `/a%2Fb` is not `/a/b`.
    public let path: String
    /// The target behind its first `?`; nil when there is none.
    public let query: String?
    /// The header fields in the order sent.
    public let headers: HeaderBlock
    /// At most ``HTTPServer/Limits/bodyBytes``.
    public let body: [UInt8]
    /// The client's `X-Request-Id` when it is harmless, one of ours otherwise. Answered and logged.
    public let id: String

    /// A request for `target`, path and query as sent. Tests of handlers make theirs without a socket.
    public init(
        _ method: String, _ target: String, headers: HeaderBlock = HeaderBlock(), body: [UInt8] = [], id: String = "-"
    ) {
        self.method = method
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = parts.first.map { String($0) } ?? ""
        self.query = parts.count > 1 ? String(parts[1]) : nil
        self.headers = headers
        self.body = body
        self.id = id
    }
}
