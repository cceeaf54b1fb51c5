import EventLoop

/// Callers that wait for something, served in the order in which they came.
@Loop
struct WaitingLine<Value: Sendable> {
    /// A place in the line.
    @Loop
    struct Place {
        fileprivate let number: UInt64
        fileprivate let promise: Promise<Value>

        /// What was given; nil when `limit` passed first. The caller then leaves the line before it does anything else.
        func value(within limit: Duration) async -> Value? {
            // What is given to a waiter whose limit has passed and who has not gone on yet is his: nobody else has it.
            await self.promise.value(within: limit) ?? self.promise.current
        }
    }

    private var waiting: [UInt64: Promise<Value>] = [:]
    private var first: UInt64 = 0
    private var next: UInt64 = 0

    nonisolated init() {}

    var count: Int { self.waiting.count }

    mutating func enter() -> Place {
        let place = Place(number: self.next, promise: Promise())
        self.waiting[self.next] = place.promise
        self.next += 1
        return place
    }

    mutating func leave(_ place: Place) { self.waiting[place.number] = nil }

    /// Gives `value` to the one who waits longest; false when nobody does.
    mutating func serveFirst(_ value: Value) -> Bool {
        while self.first < self.next {
            defer { self.first += 1 }
            guard let promise = self.waiting.removeValue(forKey: self.first) else { continue }
            promise.fulfil(value)
            return true
        }
        return false
    }

    /// Gives `value` to everybody.
    mutating func serveAll(_ value: Value) {
        while self.serveFirst(value) {}
    }
}
