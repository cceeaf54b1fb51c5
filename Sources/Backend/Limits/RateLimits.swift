import EventLoop
import Web

/// Turns away who asks too much: 429, with what is left said in each answer (`RateLimit` and `RateLimit-Policy`,
/// draft-ietf-httpapi-ratelimit-headers-10).
@Loop
final class RateLimits {
    /// What a request is counted under.
    enum Budget: String, Hashable, Sendable, CaseIterable {
        /// `/health`, for each address. Its callers share one query, so that many cost little; a probe never meets this.
        case health
        /// Logging in and registering, for each address: passwords can't be tried out quickly.
        case credentials
        /// Opening WebSockets, for each address: after a restart of ours all players behind one come back at once.
        case sockets
        /// Everything else: for each account, and for each address of those who have none.
        case requests

        init(_ request: HTTPRequest) {
            switch request.path {
            case "/health": self = .health
            case "/ws": self = .sockets
            case "/api/login", "/api/register": self = .credentials
            default: self = .requests
            }
        }

        var buckets: TokenBuckets<Key> {
            switch self {
            case .health: TokenBuckets(burst: 1000, interval: .milliseconds(10))
            case .sockets: TokenBuckets(burst: 2000, interval: .milliseconds(10))
            case .credentials: TokenBuckets(burst: 30, interval: .seconds(2))
            case .requests: TokenBuckets(burst: 200, interval: .milliseconds(50))
            }
        }
    }

    /// Whose bucket it is.
    enum Key: Hashable, Sendable {
        case account(Int)
        /// One of IPv4, or the first 64 bits of one of IPv6: whoever has one address has all behind them.
        case address(IPAddress)
    }

    private let proxies: TrustedProxies
    private let account: @Loop (HTTPRequest) -> Account?
    private let now: @Loop () -> SuspendingClock.Instant
    private var buckets = Dictionary(uniqueKeysWithValues: Budget.allCases.map { ($0, $0.buckets) })

    /// - Parameter account: who asks, as far as the request itself says so: no database is asked for the sake of a limit.
    init(
        proxies: TrustedProxies, account: @escaping @Loop (HTTPRequest) -> Account?,
        now: @escaping @Loop () -> SuspendingClock.Instant = { Loop.now }
    ) {
        self.proxies = proxies
        self.account = account
        self.now = now
    }

    nonisolated var filter: Router.Filter { { request, next in await self.answer(request, next) } }

    /// Answers `request` through `next`, or with 429.
    func answer(_ request: HTTPRequest, _ next: Router.Handler) async -> HTTPResponse {
        // Without an address there was no connection.
        guard let peer = IPAddress(request.peerAddress) else { return await next(request) }
        let budget = Budget(request)
        guard var buckets = self.buckets.removeValue(forKey: budget) else { return await next(request) }
        let verdict = buckets.take(self.key(request, budget, peer), at: self.now())
        let headers = Self.headers(budget, verdict, buckets)
        self.buckets[budget] = buckets
        var response = verdict.isAllowed ? await next(request) : Self.refusal(verdict).response
        response.headers += headers
        return response
    }

    private func key(_ request: HTTPRequest, _ budget: Budget, _ peer: IPAddress) -> Key {
        if budget == .requests, let account = self.account(request) { return .account(account.id) }
        let forwardedFor = request.headers.fields.filter { $0.name.lowercased() == "x-forwarded-for" }.map(\.value)
        let client = self.proxies.client(peer: peer, forwardedFor: forwardedFor)
        return .address(client.bytes.count == 4 ? client : client.prefix(bits: 64))
    }

    private static nonisolated func headers(
        _ budget: Budget, _ verdict: TokenBuckets<Key>.Verdict, _ buckets: TokenBuckets<Key>
    ) -> [HTTPResponse.Header] {
        let name = "\"\(budget.rawValue)\""
        return [
            .init("RateLimit-Policy", "\(name);q=\(buckets.burst);w=\(Self.seconds(buckets.window))"),
            .init("RateLimit", "\(name);r=\(verdict.left);t=\(Self.seconds(verdict.wait))"),
        ]
    }

    private static nonisolated func refusal(_ verdict: TokenBuckets<Key>.Verdict) -> HTTPProblem {
        HTTPProblem(
            429, "rate_limited", "That was too much at once. Please wait and send it again.",
            headers: [HTTPProblem.retryAfter(Self.seconds(verdict.wait))])
    }

    /// Rounded up, and one at least: who waits so long is not refused again.
    private static nonisolated func seconds(_ duration: Duration) -> Int {
        let (seconds, rest) = duration.components
        return max(1, Int(seconds) + (rest > 0 ? 1 : 0))
    }
}
