/// What an answer says about how often its path may be asked.
///
/// Read from the answer itself and not from a setting: what the service says is what it does. The headers are those of
/// the IETF draft "RateLimit header fields for HTTP", `RateLimit-Policy: "probe";q=100;w=60`, and its older form
/// `100;w=60`.
struct RateLimit: Hashable, Sendable, CustomStringConvertible {
    /// The least requests a second that any of the policies grants; nil when the answer was a 429.
    let perSecond: Double?

    /// Render and a monitor together ask less than once a second. Behind a proxy all of them may come from one address.
    static let leastPerSecond = 1.0

    /// Nil when there is no limit to be seen.
    ///
    /// - Parameter answer: status line and headers.
    init?(answer: String) {
        let lines = answer.split { $0 == "\n" || $0 == "\r\n" }
        if let status = lines.first?.split(separator: " "), status.count > 1, status[1] == "429" {
            self.perSecond = nil
            return
        }
        let policies = lines.filter { $0.lowercased().hasPrefix("ratelimit-policy:") }
            .flatMap { $0.drop { $0 != ":" }.dropFirst().split(separator: ",") }
        guard let least = policies.compactMap(Self.rate).min() else { return nil }
        self.perSecond = least
    }

    private static func rate(_ policy: Substring) -> Double? {
        let parts = policy.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
        func number(_ prefix: String) -> Double? {
            parts.first { $0.hasPrefix(prefix) }.flatMap { Double($0.dropFirst(prefix.count)) }
        }
        guard let quota = number("q=") ?? parts.first.flatMap({ Double($0) }), let window = number("w="), window > 0
        else { return nil }
        return quota / window
    }

    /// Whether a probe could be answered with 429.
    var mayMeetProbes: Bool { self.perSecond.map { $0 <= RateLimit.leastPerSecond } ?? true }

    var description: String {
        guard let perSecond = self.perSecond else { return "429 already" }
        return "with a limit of \((perSecond * 100).rounded() / 100) requests a second"
    }
}
