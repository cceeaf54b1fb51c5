import EventLoop

/// Runs `work`, which blocks, on a thread of its own, and comes back to the loop with what it returns. For what happens
/// once or twice; what goes on for long has a thread that it keeps.
@Loop
public func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    let thread = SerialThread(bound: 1)
    defer { thread.end() }
    let result = Promise<Value>()
    _ = thread.submit {
        let value = work()
        Task { @Loop in result.fulfil(value) }
    }
    return await result.value()
}
