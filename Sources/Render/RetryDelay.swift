/// How long to wait before a request to Render's API is made again
/// (https://api-docs.render.com/reference/rate-limiting).
enum RetryDelay {
    static let attempts = 6

    /// - Parameters:
    ///   - attempt: 1 after the first one.
    ///   - headers: of the answer, by names in lower case; empty where there was none.
    ///   - epoch: now in seconds since 1970.
    ///   - jitter: 0 to 1, drawn by the caller.
    /// - Returns: what the server asks for in `Retry-After`, or until the end of its rate limit's window, at most 120 s;
    ///   else 1, 2, 4, 8, 16 s, and up to half as much again, so that many callers do not come back at once.
    static func after(attempt: Int, headers: [String: String], epoch: Int64, jitter: Double) -> Duration {
        if let seconds = headers["retry-after"].flatMap({ Int64($0) }), seconds >= 0 {
            return .seconds(min(seconds, 120))
        }
        if headers["ratelimit-remaining"] == "0", let reset = headers["ratelimit-reset"].flatMap({ Int64($0) }) {
            // The documentation calls it a moment and shows a number of seconds; nothing is both.
            let seconds = reset > 1_000_000_000 ? reset - epoch : reset
            return .seconds(min(max(seconds, 1), 120))
        }
        let seconds = Double(1 << min(attempt - 1, 4))
        return .milliseconds(Int64(seconds * (1 + jitter / 2) * 1_000))
    }
}
