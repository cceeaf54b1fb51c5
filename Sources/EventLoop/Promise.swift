/// A value that comes later, once, for any number of waiters on the loop.
@Loop
public final class Promise<Value: Sendable> {
    private var fulfilled: Value?
    private var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
    private var lastWaiter: UInt64 = 0

    public nonisolated init() {}

    /// The value, when it is there already.
    public var current: Value? { self.fulfilled }

    /// Hands `value` to all who wait and will wait. Only the first call counts.
    public func fulfil(_ value: Value) {
        guard self.fulfilled == nil else { return }
        self.fulfilled = value
        let waiters = self.waiters.values
        self.waiters = [:]
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// The value, as soon as it is there. Does not react to cancellation.
    public func value() async -> Value {
        while true {
            if let fulfilled = self.fulfilled { return fulfilled }
            if let value = await self.wait(nil) { return value }
        }
    }

    /// The value, as soon as it is there; nil when `limit` passed first. Does not react to cancellation.
    public func value(within limit: Duration) async -> Value? {
        if let fulfilled = self.fulfilled { return fulfilled }
        return await self.wait(limit)
    }

    private func wait(_ limit: Duration?) async -> Value? {
        self.lastWaiter += 1
        let id = self.lastWaiter
        let timer = limit.map { limit in
            Loop.after(limit) { self.waiters.removeValue(forKey: id)?.resume(returning: nil) }
        }
        let value = await withCheckedContinuation { self.waiters[id] = $0 }
        timer?.cancel()
        return value
    }
}
