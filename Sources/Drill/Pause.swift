import EventLoop

/// Waits; a task that was told to stop waits no longer, and finds that out by itself.
@Loop
func pause(_ time: Duration) async { try? await Loop.sleep(for: time) }
