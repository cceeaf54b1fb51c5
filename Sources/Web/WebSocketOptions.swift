/// What one WebSocket endpoint takes and promises.
public struct WebSocketOptions: Sendable {
    /// Origins that browsers may come from besides the server's own, as in the field: `https://example.org`. Programs
    /// that are no browser send none and are let in.
    public var origins: Set<String> = []
    /// Subprotocols spoken here, the preferred one first. A client that offers none of them is let in without one.
    public var subprotocols: [String] = []
    /// Bytes of one message; more closes with 1009.
    public var messageBytes = 16 * 1024
    /// Bytes that wait for the client at most, beyond what the kernel takes; more closes with 1013.
    public var sendBytes = 256 * 1024
    /// Messages that wait for the handler at most; then the socket is not read until it takes one.
    public var receiveMessages = 16
    /// A client that has said nothing for so long is asked whether it is there.
    public var pingEvery = Duration.seconds(30)
    /// Time for the answer to a ping, and for each step of closing. After it the connection is cut.
    public var patience = Duration.seconds(10)
    /// Sockets at one time; more are answered 503.
    public var connections = 16_384
    /// Where open sockets and messages are counted.
    public var figures: WebSocketFigures?

    public init() {}
}
