import EventLoop
import Glibc
import ServiceTestKit
import Support
import Testing

@testable import Backend

@Suite("The heartbeat")
struct HeartbeatTests {
    private typealias Look = (at: Double, turns: UInt64, isIdle: Bool)

    /// When, of these looks, a limit of 10 s is found to be over.
    private func stalls(_ looks: [Look]) -> [Double] {
        let start = ContinuousClock.now
        var judge = HeartbeatJudge(limit: .seconds(10))
        return looks.filter { look in
            judge.isStalled(
                Loop.Progress(turns: look.turns, isIdle: look.isIdle), at: start.advanced(by: .seconds(look.at)))
        }.map(\.at)
    }

    @Test("sees a turn that lasts for the limit, and not a moment sooner")
    func stalled() {
        #expect(stalls((0...4).map { (2.5 * Double($0), 7, false) }) == [10])
        #expect(stalls((0...3).map { (2.5 * Double($0), 7, false) }) == [])
        #expect(stalls([(0, 6, false)] + (1...5).map { (2.5 * Double($0), 7, false) }) == [12.5])
    }

    @Test("lets a loop be that sleeps or makes turns, however long they take")
    func well() {
        #expect(stalls((0...100).map { (2.5 * Double($0), 7, true) }) == [])
        #expect(stalls((0...100).map { (2.5 * Double($0), UInt64($0 / 3), false) }) == [])
    }

    @Test("starts over when it did not run itself: the process was stopped or the machine suspended")
    func suspended() {
        #expect(stalls([(0, 7, false), (2.5, 7, false), (5, 7, false), (7.5, 7, false), (3600, 7, false)]) == [])
        let after = (0...4).map { (3600 + 2.5 * Double($0), UInt64(7), false) }
        #expect(stalls([(0, 7, false), (2.5, 7, false)] + after) == [3610])
    }

    @Test("ends a process whose loop is stuck, with a last line that says so")
    func ends() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardOutputContent]) {
            Heartbeat.watch(log: .standard, limit: .seconds(1))
            Loop.startThread()
            Task { @Loop in while true {} }
            // The test ends here by itself, without a stall, when the heartbeat does nothing.
            _ = poll(nil, 0, 60_000)
            _exit(3)
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        #expect(output.contains("\"msg\":\"event loop stalled, exiting\",\"seconds\":1,"))
    }

    @Test("lets a process be that was stopped for longer than the limit")
    func stopped() async throws {
        let backend = try BackendProcess.start(
            "postgresql://a:b@127.0.0.1:1/c", with: ["STALL_SECONDS": "1"])
        #expect(try await backend.becomes(200, "/health/live", within: .seconds(20)))
        backend.child.kill(SIGSTOP)
        try await onThread { try RawClient.pause(.milliseconds(1500)) }
        backend.child.kill(SIGCONT)
        #expect(try await backend.becomes(200, "/health/live", within: .seconds(20)))
        #expect(!backend.child.text.contains("stalled"))
    }
}
