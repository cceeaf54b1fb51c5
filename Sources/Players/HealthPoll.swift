import EventLoop

/// Asks `GET /health` so many times a second, whether or not earlier questions are answered, as a crowd would.
@Loop
final class HealthPoll {
    private let caller: Caller
    private let period: Duration
    private var isEnded = false
    private(set) var asked = 0
    private(set) var failed = 0
    let pulse = Pulse()

    init(_ options: Options, perSecond: Int) {
        // No player's address.
        self.caller = Caller(options.server, player: 0xFF_FFFF)
        self.period = .seconds(1) / perSecond
    }

    /// Asks until ``end()``, and returns when all is answered.
    func run() async {
        self.pulse.beat()
        await withDiscardingTaskGroup { group in
            var next = Loop.now
            while !self.isEnded {
                group.addLoopTask { await self.ask() }
                next = next.advanced(by: self.period)
                try? await Loop.sleep(for: max(.zero, Loop.now.duration(to: next)))
            }
        }
        self.pulse.end()
    }

    func end() { self.isEnded = true }

    private func ask() async {
        self.asked += 1
        if await self.caller.call("GET", "/health")?.status == 200 {
            self.pulse.beat()
        } else {
            self.failed += 1
        }
    }
}
