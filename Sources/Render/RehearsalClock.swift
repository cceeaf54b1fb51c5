import EventLoop

/// The time that a rehearsal goes by. A test puts one in its place that passes without being waited for.
struct RehearsalClock {
    var now: @Loop () -> SuspendingClock.Instant = { Loop.now }
    var sleep: @Loop (Duration) async throws -> Void = { try await Loop.sleep(for: $0) }
}
