import Docker
import Testing

@testable import Redeploy

struct GapRecordTests {
    private let good = ProbeOutcome.answered(status: 200, body: "")

    /// What is said at the end, with the time of each answer and of the end in milliseconds.
    private func end(_ answers: [(Int, ProbeOutcome)], at end: Int) -> (words: String?, longest: Duration) {
        let began = SuspendingClock.now
        var record = GapRecord()
        for (time, outcome) in answers { record.hear(outcome, at: began.advanced(by: .milliseconds(time))) }
        let words = record.end(at: began.advanced(by: .milliseconds(end)), url: "http://here/")
        return (words, record.longest)
    }

    @Test("the gap is the longest time between a good answer and the next one after another")
    func closed() {
        let (words, longest) = self.end(
            [
                (0, self.good), (20, .refused), (70, self.good), (90, .timedOut), (100, .refused), (390, self.good),
                (400, .refused), (450, self.good),
            ],
            at: 5_000)
        #expect(words == "gap seen on http://here/: 320 ms, 4 of 8 requests failed")
        #expect(longest == .milliseconds(320))
    }

    @Test("one that goes on at the end counts until then, and is called longer; a shorter one is not")
    func open() {
        let (words, longest) = self.end([(0, self.good), (20, .answered(status: 503, body: ""))], at: 1_500)
        #expect(words == "gap seen on http://here/: at least 1500 ms, 1 of 2 requests failed")
        #expect(longest == .milliseconds(1_500))
        let shorter = self.end([(0, self.good), (20, .refused), (900, self.good), (920, .refused)], at: 1_000)
        #expect(shorter.words == "gap seen on http://here/: 900 ms, 2 of 4 requests failed")
    }

    @Test("a gap that goes on is told in what comes after too, from the last good answer of before")
    func successor() {
        let began = SuspendingClock.now
        func at(_ time: Int) -> SuspendingClock.Instant { began.advanced(by: .milliseconds(time)) }
        var record = GapRecord()
        record.hear(self.good, at: at(0))
        record.hear(.refused, at: at(20))
        #expect(record.end(at: at(100), url: "u") == "gap seen on u: at least 100 ms, 1 of 2 requests failed")
        var next = record.successor
        #expect(next.longest == .zero)
        next.hear(self.good, at: at(300))
        next.hear(.refused, at: at(400))
        next.hear(self.good, at: at(450))
        #expect(next.end(at: at(900), url: "u") == "gap seen on u: 300 ms, 1 of 3 requests failed")
        var calm = next.successor
        calm.hear(self.good, at: at(9_000))
        #expect(calm.end(at: at(9_100), url: "u") == "no request of 1 failed on u" && calm.longest == .zero)
    }

    @Test("without a failure there is no gap, and where nothing ever answered nothing is said")
    func none() {
        let well = self.end([(0, self.good), (20, self.good)], at: 900)
        #expect(well.words == "no request of 2 failed on http://here/" && well.longest == .zero)
        let silent = self.end([(0, .refused)], at: 900)
        #expect(silent.words == nil && silent.longest == .zero)
    }
}
