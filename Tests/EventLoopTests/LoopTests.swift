import EventLoop
import Glibc
import Testing

@Suite("The event loop")
struct LoopTests {
    init() { Loop.startThread() }

    @Test("runs timers in the order of their deadlines, and not before them")
    @Loop func timerOrder() async throws {
        let began = Loop.now
        let order = await withCheckedContinuation { continuation in
            var order: [Int] = []
            Loop.after(.milliseconds(30)) {
                order.append(30)
                continuation.resume(returning: order)
            }
            Loop.after(.milliseconds(10)) { order.append(10) }
            Loop.after(.milliseconds(20)) { order.append(20) }
        }
        #expect(order == [10, 20, 30])
        #expect(began.duration(to: Loop.now) >= .milliseconds(30))
    }

    @Test("does not fire a cancelled timer")
    @Loop func cancelledTimer() async throws {
        var fired = false
        Loop.after(.milliseconds(5)) { fired = true }.cancel()
        try await Loop.sleep(for: .milliseconds(20))
        #expect(!fired)
    }

    @Test("ends a sleep at once when its task is cancelled")
    @Loop func cancelledSleep() async {
        let task = Task { @Loop in try await Loop.sleep(for: .seconds(60)) }
        try? await Loop.sleep(for: .milliseconds(5))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("tells when a descriptor becomes readable, and gives up at the limit")
    @Loop func readiness() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(await Loop.readiness(of: ends[0], for: .readable, within: .milliseconds(10)) == [])
        write(ends[1], "x", 1)
        #expect(await Loop.readiness(of: ends[0], for: .readable, within: .seconds(5)) == .readable)
    }

    @Test("keeps thousands of timers that are set and cancelled from piling up")
    @Loop func timerChurn() async throws {
        var fired = 0
        for _ in 0..<10_000 { Loop.after(.seconds(60)) { fired += 1 }.cancel() }
        try await Loop.sleep(for: .milliseconds(1))
        #expect(fired == 0)
    }
}
