/// Timers ordered by deadline, and by insertion where deadlines are equal: a binary heap with lazy removal.
struct TimerHeap {
    private struct Entry {
        let deadline: SuspendingClock.Instant
        let id: UInt64

        static func isBefore(_ one: Entry, _ other: Entry) -> Bool {
            one.deadline == other.deadline ? one.id < other.id : one.deadline < other.deadline
        }
    }

    private var heap: [Entry] = []
    private var handlers: [UInt64: @Loop () -> Void] = [:]
    private var lastID: UInt64 = 0

    /// The earliest deadline of a timer that was not removed.
    var first: SuspendingClock.Instant? {
        mutating get {
            while let entry = self.heap.first, self.handlers[entry.id] == nil { self.removeFirst() }
            return self.heap.first?.deadline
        }
    }

    mutating func insert(_ deadline: SuspendingClock.Instant, _ handler: @escaping @Loop () -> Void) -> UInt64 {
        self.lastID += 1
        self.handlers[self.lastID] = handler
        self.heap.append(Entry(deadline: deadline, id: self.lastID))
        self.siftUp(self.heap.count - 1)
        return self.lastID
    }

    mutating func remove(_ id: UInt64) {
        self.handlers[id] = nil
        // Removed timers stay in the heap until they come up. Rebuilt when they are the majority, so that timers which
        // are set and cancelled all the time (one deadline per request) hold no memory.
        if self.heap.count > 64, self.heap.count > 2 * self.handlers.count {
            self.heap.removeAll { self.handlers[$0.id] == nil }
            self.heap.sort(by: Entry.isBefore)
        }
    }

    /// Takes out the earliest timer if its deadline is not after `now`.
    mutating func popDue(_ now: SuspendingClock.Instant) -> (@Loop () -> Void)? {
        guard let first = self.first, first <= now, let entry = self.heap.first else { return nil }
        self.removeFirst()
        return self.handlers.removeValue(forKey: entry.id)
    }

    private mutating func removeFirst() {
        let last = self.heap.removeLast()
        guard !self.heap.isEmpty else { return }
        self.heap[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < self.heap.count else { return }
            let right = left + 1
            let child =
                right < self.heap.count && Entry.isBefore(self.heap[right], self.heap[left]) ? right : left
            guard Entry.isBefore(self.heap[child], self.heap[parent]) else { return }
            self.heap.swapAt(child, parent)
            parent = child
        }
    }

    private mutating func siftUp(_ index: Int) {
        var child = index
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.isBefore(self.heap[child], self.heap[parent]) else { return }
            self.heap.swapAt(child, parent)
            child = parent
        }
    }
}
