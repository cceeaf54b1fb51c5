import Docker
import EventLoop

/// A client outside that asks fifty times a second, whether or not earlier questions are answered, as a crowd would.
@Loop
final class OutsideClient {
    private static nonisolated let period = Duration.milliseconds(20)
    /// A person would have given up, or pressed the key again.
    private static nonisolated let patience = Duration.seconds(1)

    private(set) var requests: [(began: SuspendingClock.Instant, ended: SuspendingClock.Instant, isGood: Bool)] = []
    private let url: ProbeURL
    private var isEnded = false

    init(_ url: ProbeURL) { self.url = url }

    /// Asks until ``end()``, and returns when all is answered.
    func run() async {
        await withDiscardingTaskGroup { group in
            var next = Loop.now
            while !self.isEnded {
                group.addLoopTask { await self.ask() }
                next = max(Loop.now, next.advanced(by: Self.period))
                try? await Loop.sleep(for: Loop.now.duration(to: next))
            }
        }
    }

    func end() { self.isEnded = true }

    private func ask() async {
        let began = Loop.now
        var isGood = false
        if case .answered(let status, _) = await Docker.probe(url: self.url, within: Self.patience) {
            isGood = (200..<400).contains(status)
        }
        self.requests.append((began, Loop.now, isGood))
    }
}
