import Testing

import Support

@Suite("The backoff")
struct BackoffTests {
    @Test("doubles up to its most and differs by at most a fifth", arguments: UInt64(0)..<50)
    func delays(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var backoff = Backoff(first: .milliseconds(50), most: .milliseconds(500))
        for ideal in [50, 100, 200, 400, 500, 500, 500] {
            let delay = backoff.next(using: &random)
            #expect(delay >= .milliseconds(ideal) * 0.8 && delay <= .milliseconds(ideal) * 1.2)
        }
        for _ in 0..<100 { #expect(backoff.next(using: &random) <= .milliseconds(600)) }
    }
}
