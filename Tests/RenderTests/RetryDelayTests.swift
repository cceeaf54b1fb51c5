import Testing

@testable import Render

@Suite("When Render is asked again")
struct RetryDelayTests {
    @Test("Retry-After comes first, then the end of the rate limit's window, as a moment or as seconds")
    func asked() {
        func delay(_ headers: [String: String]) -> Duration {
            RetryDelay.after(attempt: 1, headers: headers, epoch: 2_000_000_000, jitter: 0)
        }
        #expect(delay(["retry-after": "7", "ratelimit-remaining": "0", "ratelimit-reset": "45"]) == .seconds(7))
        #expect(delay(["ratelimit-remaining": "0", "ratelimit-reset": "45"]) == .seconds(45))
        #expect(delay(["ratelimit-remaining": "0", "ratelimit-reset": "2000000030"]) == .seconds(30))
        #expect(delay(["ratelimit-remaining": "0", "ratelimit-reset": "1900000000"]) == .seconds(1))
        #expect(delay(["retry-after": "86400"]) == .seconds(120))
        #expect(delay(["ratelimit-remaining": "9", "ratelimit-reset": "45"]) == .seconds(1))
        #expect(delay(["retry-after": "-3"]) == .seconds(1))
    }

    @Test("without a word from the server the delay doubles up to 16 s, and half as much again at most")
    func doubles() {
        let shortest = (1...6).map { RetryDelay.after(attempt: $0, headers: [:], epoch: 0, jitter: 0) }
        #expect(shortest == [1, 2, 4, 8, 16, 16].map { .seconds($0) })
        #expect(RetryDelay.after(attempt: 3, headers: [:], epoch: 0, jitter: 1) == .seconds(6))
    }
}
