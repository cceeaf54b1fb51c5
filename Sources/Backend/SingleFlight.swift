import EventLoop

/// Lets any number of callers share one run of a costly operation.
@Loop
final class SingleFlight<Value: Sendable> {
    private var flight: Promise<Value>?

    nonisolated init() {}

    /// What `operation` returns, or what the run in progress returns when there is one.
    func value(_ operation: @Loop () async -> Value) async -> Value {
        if let flight { return await flight.value() }
        let flight = Promise<Value>()
        self.flight = flight
        let value = await operation()
        self.flight = nil
        flight.fulfil(value)
        return value
    }
}
