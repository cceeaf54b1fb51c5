import EventLoop

/// Counts live play for `/health`. Whoever serves WebSockets writes it; until then it is honestly zero.
@Loop
final class WebSocketFigures {
    /// Open now.
    var connections = 0
    /// Received and sent since the start.
    var messages = 0

    nonisolated init() {}
}
