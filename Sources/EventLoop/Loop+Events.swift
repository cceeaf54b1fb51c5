/// A timer that was set with ``Loop/after(_:_:)``. Dropping it does not cancel it.
public struct LoopTimer: Sendable, Hashable {
    let id: UInt64

    /// Makes sure the timer does not fire any more. Harmless when it fired already.
    @Loop public func cancel() { Loop.shared.executor.cancelTimer(self.id) }
}

extension Loop {
    /// Calls `handler` on the loop each time `descriptor` is ready for what it is watched for (level-triggered).
    ///
    /// There is one watch per descriptor: a second call replaces interest and handler. An empty interest still reports
    /// ``Readiness/failed``. Call ``unwatch(_:)`` before closing the descriptor.
    @Loop public static func watch(
        _ descriptor: Int32, for interest: Readiness, _ handler: @escaping @Loop (Readiness) -> Void
    ) {
        Loop.shared.executor.watch(descriptor, for: interest, handler: handler)
    }

    /// Ends the watch on `descriptor`; its handler is not called again. Harmless when there is none.
    @Loop public static func unwatch(_ descriptor: Int32) {
        Loop.shared.executor.unwatch(descriptor)
    }

    /// Calls `handler` on the loop once, when `delay` has passed (at the earliest; about a millisecond late).
    @Loop @discardableResult
    public static func after(_ delay: Duration, _ handler: @escaping @Loop () -> Void) -> LoopTimer {
        LoopTimer(id: Loop.shared.executor.schedule(at: Loop.now.advanced(by: delay), handler: handler))
    }

    /// Suspends the caller for `delay`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    @Loop public static func sleep(for delay: Duration) async throws {
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { sleeper.begin(delay, $0) }
        } onCancel: {
            Task { @Loop in sleeper.cancel() }
        }
    }

    /// Suspends the caller until `descriptor` is ready for `interest`, once.
    ///
    /// - Returns: what it is ready for; empty when `limit` passed first.
    @Loop public static func readiness(
        of descriptor: Int32, for interest: Readiness, within limit: Duration
    ) async -> Readiness {
        await withCheckedContinuation { continuation in
            let timer = Loop.after(limit) {
                Loop.unwatch(descriptor)
                continuation.resume(returning: [])
            }
            Loop.watch(descriptor, for: interest) { readiness in
                timer.cancel()
                Loop.unwatch(descriptor)
                continuation.resume(returning: readiness)
            }
        }
    }
}

/// One sleep: resumed by its timer or by cancellation, whichever is first.
@Loop
private final class Sleeper {
    private var continuation: CheckedContinuation<Void, any Error>?
    private var timer: LoopTimer?
    private var isCancelled = false

    nonisolated init() {}

    func begin(_ delay: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        guard !self.isCancelled, !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
        self.continuation = continuation
        self.timer = Loop.after(delay) { self.finish(.success(())) }
    }

    func cancel() {
        self.isCancelled = true
        self.timer?.cancel()
        self.finish(.failure(CancellationError()))
    }

    private func finish(_ result: Result<Void, any Error>) {
        self.continuation?.resume(with: result)
        self.continuation = nil
    }
}
