import Docker
import EventLoop
import Support

/// Asks a published port fifty times a second and keeps the longest time without an answer: what a client sees of a swap.
@Loop
final class GapMeter {
    /// A good answer and the next one after something else.
    private(set) var longest = Duration.zero
    private(set) var hasAnswered = false
    private var failures = 0
    private(set) var requests = 0
    private let url: ProbeURL
    private var task: Task<Void, Never>?

    private static nonisolated let pause = Duration.milliseconds(20)
    private let patience: Duration

    /// - Parameter isFront: whether a proxy answers, which may take its time to find who does. Without one, a connection
    ///   made while a container begins to run may be lost, and would hide that the next one is answered.
    init(_ url: ProbeURL, isFront: Bool) {
        self.url = url
        self.patience = isFront ? .seconds(2) : .milliseconds(200)
    }

    func begin() {
        self.task = Task { @Loop in
            var lastGood: SuspendingClock.Instant?
            var hasFailed = false
            while !Task.isCancelled {
                let outcome = await Docker.probe(url: self.url, within: self.patience)
                if Task.isCancelled { return }
                self.requests += 1
                if case .answered(let status, _) = outcome, (200..<400).contains(status) {
                    let now = Loop.now
                    if let lastGood, hasFailed { self.longest = max(self.longest, lastGood.duration(to: now)) }
                    lastGood = now
                    hasFailed = false
                    self.hasAnswered = true
                } else {
                    self.failures += 1
                    hasFailed = true
                }
                try? await Loop.sleep(for: Self.pause)
            }
        }
    }

    /// - Returns: for a person; nil where nothing answered before.
    func end() -> String? {
        self.task?.cancel()
        guard self.hasAnswered else { return nil }
        guard self.failures > 0 else { return "no request of \(self.requests) failed on \(self.url)" }
        return "gap seen on \(self.url): \(Int(self.longest.milliseconds)) ms, "
            + "\(self.failures) of \(self.requests) requests failed"
    }
}
