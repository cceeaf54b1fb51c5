import Docker
import EventLoop
import Support

/// Asks a published port again and again and keeps the longest time without an answer: what a client sees of a deploy.
@Loop
final class GapMeter {
    /// How often it asks.
    enum Pace {
        /// Fifty times a second, while containers change places.
        case swap
        /// Four times a second, while the new version is only watched.
        case watch
    }

    private(set) var record = GapRecord()
    private let url: ProbeURL
    private let isFront: Bool
    private var pace: Pace?
    private var task: Task<Void, Never>?

    /// - Parameter isFront: whether a proxy answers, which may take its time to find who does.
    init(_ url: ProbeURL, isFront: Bool) {
        self.url = url
        self.isFront = isFront
    }

    func ask(_ pace: Pace) {
        guard self.pace != pace else { return }
        self.pace = pace
        self.task?.cancel()
        let pause = Duration.milliseconds(pace == .swap ? 20 : 250)
        // Without a proxy, a connection made while a container begins to run may be lost, and would hide that the next
        // one is answered.
        let patience = pace == .swap && !self.isFront ? Duration.milliseconds(200) : .seconds(2)
        self.task = Task { @Loop in
            while !Task.isCancelled {
                let outcome = await Docker.probe(url: self.url, within: patience)
                if Task.isCancelled { return }
                self.record.hear(outcome, at: Loop.now)
                try? await Loop.sleep(for: pause)
            }
        }
    }

    /// Says what was seen since the last time, and goes on with what comes.
    ///
    /// - Returns: the longest gap, and the words for a person; nil where nothing answered at any time.
    func sum() -> (longest: Duration, words: String, hasFailures: Bool)? {
        let hasFailures = self.record.hasFailures
        guard let words = self.record.end(at: Loop.now, url: self.url.description) else { return nil }
        let longest = self.record.longest
        self.record = self.record.successor
        return (longest, words, hasFailures)
    }

    func end() { self.task?.cancel() }
}
