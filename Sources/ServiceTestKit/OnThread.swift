import Glibc

/// Runs `body`, which may block, on a thread of its own: blocking Swift's pool would stop the other tests.
public func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let work = Unmanaged.passRetained(Work { continuation.resume(with: Result { try body() }) })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        precondition(code == 0, "no thread: \(code)")
        pthread_detach(thread)
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Calls `condition` again and again until it is true; false when `limit` passed first. For what has no event to wait
/// for, as it happens in another process.
public func eventually(
    within limit: Duration, _ condition: @escaping @Sendable () throws -> Bool
) async throws -> Bool {
    try await onThread {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while true {
            if try condition() { return true }
            if ContinuousClock.now >= deadline { return false }
            usleep(5_000)
        }
    }
}

/// What a test can't go on without did not work.
public struct TestKitError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
