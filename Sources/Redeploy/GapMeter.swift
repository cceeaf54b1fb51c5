import Docker
import EventLoop
import Support

/// Asks a published port fifty times a second and keeps the longest time without an answer: what a client sees of a swap.
@Loop
final class GapMeter {
    private(set) var record = GapRecord()
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
            while !Task.isCancelled {
                let outcome = await Docker.probe(url: self.url, within: self.patience)
                if Task.isCancelled { return }
                self.record.hear(outcome, at: Loop.now)
                try? await Loop.sleep(for: Self.pause)
            }
        }
    }

    /// - Returns: for a person; nil where nothing answered at any time.
    func end() -> String? {
        self.task?.cancel()
        return self.record.end(at: Loop.now, url: self.url.description)
    }
}
