/// One request, whole: its body has arrived and is within the limit.
public struct HTTPRequest: Sendable {
    /// The method as sent, `GET`. Methods are case-sensitive (RFC 9110, 9.1).
    public let method: String
    /// The target up to its `?`, as sent: percent escapes are kept, so that `/a%2Fb` is not `/a/b`.
    public let path: String
    /// What stands behind the target's first `?`, decoded.
    public let query: HTTPQuery
    /// What stands in the named places of the route's path, decoded: `id` of `/api/games/{id}`.
    public internal(set) var parameters: [String: String] = [:]
    /// The header fields in the order sent.
    public let headers: HeaderBlock
    /// At most ``HTTPServer/Limits/bodyBytes``.
    public let body: [UInt8]
    /// The client's `X-Request-Id` when it is harmless, one of ours otherwise. Answered and logged.
    public let id: String
    /// The numeric address of the connection's other end, which may be a proxy's.
    public let peerAddress: String
    /// The query could not be decoded; the router answers that with 400.
    let hasMalformedQuery: Bool

    /// A request for `target`, path and query as sent. Tests of handlers make theirs without a socket.
    public init(
        _ method: String, _ target: String, headers: HeaderBlock = HeaderBlock(), body: [UInt8] = [], id: String = "-",
        peerAddress: String = ""
    ) {
        self.method = method
        let parts = Self.originForm(target).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = parts.first.map { String($0) } ?? ""
        let query = HTTPQuery(parsing: parts.count > 1 ? parts[1] : nil)
        self.hasMalformedQuery = query == nil
        self.query = query ?? HTTPQuery()
        self.headers = headers
        self.body = body
        self.id = id
        self.peerAddress = peerAddress
    }

    /// `target` without scheme and authority: a client may send it as if we were its proxy (RFC 9112, 3.2.2).
    private static func originForm(_ target: String) -> Substring {
        let head = target.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: { head.hasPrefix($0) }) else { return target[...] }
        let rest = target.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
        return rest.hasPrefix("/") ? rest : "/" + rest
    }
}
