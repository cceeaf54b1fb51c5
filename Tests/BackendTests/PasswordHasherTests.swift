import EventLoop
import Glibc
import ServiceTestKit
import Testing

@testable import Backend

@Suite("Passwords")
struct PasswordHasherTests {
    init() { Loop.startThread() }

    @Test("are stored as Argon2id at the interactive limits, each with a salt of its own, and known again")
    @Loop func roundTrip() async throws {
        let hasher = PasswordHasher()
        let hash = try await hasher.hash(Secret("correct horse"))
        #expect(hash.hasPrefix("$argon2id$v=19$m=65536,t=2,p=1$"))
        #expect(try await hasher.hash(Secret("correct horse")) != hash)
        #expect(try await hasher.verify(Secret("correct horse"), against: hash))
        #expect(try await !hasher.verify(Secret("correct horsf"), against: hash))
        #expect(try await !hasher.verify(Secret(""), against: hash))
        #expect(try await !hasher.verify(Secret("correct horse"), against: "garbage"))
        hasher.close()
    }

    @Test("of nobody are refused with the same work as those of somebody")
    @Loop func hashOfNothing() async throws {
        let hasher = PasswordHasher()
        let hash = try await hasher.hash(Secret("correct horse"))
        let parts = hash.split(separator: "$")
        let dummy = Sodium.hashOfNothing.split(separator: "$")
        // Algorithm, version and costs are the same, salt and hash as long: the library can't be faster with one of them.
        #expect(parts.prefix(3) == dummy.prefix(3))
        #expect(parts.map(\.count) == dummy.map(\.count))
        #expect(try await !hasher.verify(Secret("correct horse"), against: nil))
        // A hash that the library can't read is refused without work. CPU time, so a busy machine does not matter.
        let garbage = await Self.work { Sodium.verify(password: "x", hash: "garbage") }
        let nothing = await Self.work { Sodium.verify(password: "x", hash: Sodium.hashOfNothing) }
        #expect(nothing > garbage * 10)
        hasher.close()
    }

    /// The CPU time that `body` takes.
    private static func work(_ body: @escaping @Sendable () -> Bool) async -> Duration {
        let took = try? await onThread {
            var (before, after) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
            _ = body()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
            return Duration.seconds(after.tv_sec - before.tv_sec) + .nanoseconds(after.tv_nsec - before.tv_nsec)
        }
        return took ?? .zero
    }

    @Test("are hashed as many at a time as there are threads, and beyond the line refused")
    @Loop func bounds() async throws {
        let hasher = PasswordHasher(threads: 2, waiting: 3)
        let gate = Gate()
        var done: Set<Int> = []
        var refused = 0
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<8 {
                group.addLoopTask {
                    do {
                        return try await hasher.run {
                            gate.enter()
                            return number
                        }
                    } catch { return nil }
                }
            }
            // Three are refused at once, while the first two still work.
            for _ in 0..<3 where try await group.next() == .some(.none) { refused += 1 }
            #expect(try await eventually(within: .seconds(30)) { gate.most == 2 })
            gate.open()
            while let answer = try await group.next() { answer.map { _ = done.insert($0) } }
        }
        #expect(refused == 3)
        #expect(done == Set(0..<5))
        #expect(gate.most == 2)
        // Free again.
        #expect(try await hasher.run { 7 } == 7)
        hasher.close()
    }

    @Test("are refused at once where the line has become too slow, while the first is still at work")
    @Loop func slowLine() async throws {
        let hasher = PasswordHasher(threads: 1, waitMost: .milliseconds(500))
        // A machine on which one takes much longer than there is time to wait.
        try await hasher.run { _ = usleep(2_500_000) }
        let gate = Gate()
        let first = Task { @Loop in try await hasher.run { gate.enter() } }
        #expect(try await eventually(within: .seconds(30)) { gate.most == 1 })
        await #expect(throws: PasswordHasher.Busy.self) { try await hasher.run { 7 } }
        gate.open()
        try await first.value
        // Nobody is in line: whoever comes now is served, however slow it was before.
        #expect(try await hasher.run { 7 } == 7)
        hasher.close()
    }

    @Test("whose wait has become too long are refused without the work")
    @Loop func waitedTooLong() async throws {
        let hasher = PasswordHasher(threads: 1, waitMost: .milliseconds(200))
        let gate = Gate()
        let worked = Gate()
        worked.open()
        let first = Task { @Loop in try await hasher.run { gate.enter() } }
        #expect(try await eventually(within: .seconds(30)) { gate.most == 1 })
        let second = Task { @Loop in try await hasher.run { worked.enter() } }
        try await Loop.sleep(for: .milliseconds(400))
        gate.open()
        try await first.value
        await #expect(throws: PasswordHasher.Busy.self) { try await second.value }
        #expect(worked.most == 0)
        #expect(try await hasher.run { 7 } == 7)
        hasher.close()
    }

    @Test("don't keep the loop from its work while they are hashed")
    @Loop func loopGoesOn() async throws {
        let hasher = PasswordHasher(threads: 1)
        let gate = Gate()
        let hashing = Task { @Loop in try await hasher.run { gate.enter() } }
        // The work ends only when the loop opens the gate: a loop that waited for it would wait for ever.
        try await Loop.sleep(for: .milliseconds(1))
        gate.open()
        try await hashing.value
        hasher.close()
    }
}

/// Keeps threads waiting until it is opened, and counts them.
///
/// `@unchecked Sendable`: its counts are only touched under `lock`.
private final class Gate: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let opening = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false
    private var inside = 0
    private var insideMost = 0

    init() {
        pthread_mutex_init(self.lock, nil)
        pthread_cond_init(self.opening, nil)
    }

    deinit {
        self.opening.deallocate()
        self.lock.deallocate()
    }

    /// The most that were inside at one time.
    var most: Int {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        return self.insideMost
    }

    func enter() {
        pthread_mutex_lock(self.lock)
        self.inside += 1
        self.insideMost = max(self.insideMost, self.inside)
        while !self.isOpen { pthread_cond_wait(self.opening, self.lock) }
        self.inside -= 1
        pthread_mutex_unlock(self.lock)
    }

    func open() {
        pthread_mutex_lock(self.lock)
        self.isOpen = true
        pthread_cond_broadcast(self.opening)
        pthread_mutex_unlock(self.lock)
    }
}
