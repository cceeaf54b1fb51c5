import EventLoop

/// The messages of one client, in their order (``WebSocket/messages``).
public struct WebSocketMessages: AsyncSequence {
    let socket: WebSocket

    public struct Iterator: AsyncIteratorProtocol {
        let socket: WebSocket

        public mutating func next() async -> WebSocketMessage? { await self.socket.next() }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(socket: self.socket) }
}
