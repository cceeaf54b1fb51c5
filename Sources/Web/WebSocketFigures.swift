public import EventLoop

/// Counts what WebSockets do, for whoever shows it.
@Loop
public final class WebSocketFigures {
    /// Open now.
    public internal(set) var connections = 0
    /// Received and sent since the start, control frames not counted.
    public internal(set) var messages = 0

    public nonisolated init() {}
}
