import Testing

import Support

@Suite("The backoff")
struct BackoffTests {
    @Test("doubles up to its most and differs by at most a fifth", arguments: UInt64(0)..<50)
    func delays(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var backoff = Backoff(first: .milliseconds(50), most: .milliseconds(500))
        for ideal in [50, 100, 200, 400, 500, 500, 500] {
            let delay = backoff.next(using: &random)
            #expect(delay >= .milliseconds(ideal) * 0.8 && delay <= .milliseconds(ideal) * 1.2)
        }
        for _ in 0..<100 { #expect(backoff.next(using: &random) <= .milliseconds(600)) }
    }
}

/// A generator whose numbers follow from its seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
