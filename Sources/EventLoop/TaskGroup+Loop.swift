// `group.addTask { @Loop in … }` written inside an isolated function is refused by Swift 6.3 ("pattern that the
// region-based isolation checker does not understand"); handed over as a value the same closure is fine. It begins on the
// loop, without a hop through Swift's own thread pool.

extension DiscardingTaskGroup {
    /// Adds a child task that runs on the loop.
    public mutating func addLoopTask(_ operation: @escaping @Loop @Sendable () async -> Void) {
        self.addTask(operation: operation)
    }
}

extension ThrowingTaskGroup where Failure == any Error {
    /// Adds a child task that runs on the loop.
    public mutating func addLoopTask(_ operation: @escaping @Loop @Sendable () async throws -> ChildTaskResult) {
        self.addTask(operation: operation)
    }
}
