import EventLoop

/// What becomes of a connection behind an answer of 101. Each is its own: an answer that is passed around stays the
/// same answer.
final class WebSocketUpgrade: Sendable, Hashable {
    let request: HTTPRequest
    let options: WebSocketOptions
    let handler: Router.WebSocketHandler

    init(_ request: HTTPRequest, _ options: WebSocketOptions, _ handler: @escaping Router.WebSocketHandler) {
        self.request = request
        self.options = options
        self.handler = handler
    }

    static func == (left: WebSocketUpgrade, right: WebSocketUpgrade) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Router {
    /// Serves one WebSocket from its opening on. When it returns the socket is closed.
    public typealias WebSocketHandler = @Loop (HTTPRequest, WebSocket) async -> Void

    /// Opens WebSockets at `path`, which may have named places as those of ``on(_:_:_:_:)``.
    ///
    /// The handshake passes through the filters like every request, so that they may refuse it. Refusals are problem
    /// documents: 426 for what is no handshake of version 13, 400 for a wrong key, 403 for a strange origin, 503 when
    /// there are too many sockets.
    public mutating func webSocket(
        _ path: String, _ options: WebSocketOptions = WebSocketOptions(), _ handler: @escaping WebSocketHandler
    ) {
        self.on("GET", path) { (request) throws(HTTPProblem) in
            let handshake = try WebSocketHandshake(request, options)
            var response = HTTPResponse(status: 101, headers: handshake.headers)
            response.upgrade = WebSocketUpgrade(request, options, handler)
            return response
        }
    }
}
