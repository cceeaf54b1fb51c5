/// One whole message of a WebSocket.
public enum WebSocketMessage: Sendable, Hashable {
    case text(String)
    case binary([UInt8])
}

/// Why a WebSocket is closed (RFC 6455, 7.4, and IANA's registry).
public struct WebSocketCloseCode: Sendable, Hashable {
    public let rawValue: UInt16

    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// All that was to be said is said.
    public static let normal = WebSocketCloseCode(1000)
    /// A frame that RFC 6455 does not allow.
    public static let protocolError = WebSocketCloseCode(1002)
    /// Text that is not UTF-8.
    public static let invalidPayload = WebSocketCloseCode(1007)
    /// The other side broke a rule of ours.
    public static let policyViolation = WebSocketCloseCode(1008)
    /// A message over the limit.
    public static let messageTooBig = WebSocketCloseCode(1009)
    public static let internalError = WebSocketCloseCode(1011)
    /// The server restarts: connect again.
    public static let serviceRestart = WebSocketCloseCode(1012)
    /// The other side reads too slowly: connect again.
    public static let tryAgainLater = WebSocketCloseCode(1013)

    /// True for the codes that may travel in a frame (RFC 6455, 7.4.1 and 7.4.2).
    var mayBeSent: Bool {
        switch self.rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
