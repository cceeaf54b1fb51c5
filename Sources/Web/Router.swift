import EventLoop

/// Finds the handler of a request by its path, then by its method.
public struct Router {
    /// Answers a request. Runs on the loop, so it must not block.
    public typealias Handler = @Loop (HTTPRequest) async -> HTTPResponse

    /// Stands before handlers: may answer by itself, or ask the next one and change its answer.
    public typealias Filter = @Loop (HTTPRequest, Handler) async -> HTTPResponse

    /// What is special about a route.
    public struct Traits: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) { self.rawValue = rawValue }

        /// The filters are passed by: for probes of the machine itself, which no rate limit may turn away.
        public static let unfiltered = Traits(rawValue: 1)
        /// Asked all the time: not logged per request, and not waited for when the server stops.
        public static let probe = Traits(rawValue: 2)
    }

    struct Route {
        let traits: Traits
        let handler: Handler
    }

    private var routes: [String: [String: Route]] = [:]
    private let filters: [Filter]

    /// A router without routes. All requests, those that nothing is found for included, pass through `filters`, the
    /// first one outermost, unless their route says otherwise.
    public init(filters: [Filter] = []) {
        self.filters = filters
    }

    /// Sends `method` requests for exactly `path` to `handler`. `GET` covers `HEAD`.
    public mutating func on(
        _ method: String, _ path: String, _ traits: Traits = [], _ handler: @escaping Handler
    ) {
        let route = Route(traits: traits, handler: traits.contains(.unfiltered) ? handler : self.filtered(handler))
        self.routes[path, default: [:]][method] = route
    }

    /// Answers `request`: through its handler, or with 404 or 405 as problem documents.
    @Loop public func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await self.route(for: request).handler(request)
    }

    func route(for request: HTTPRequest) -> Route {
        guard let methods = self.routes[request.path] else {
            return self.refusal { _ in .problem(404, "Not Found", "There is nothing at this path.") }
        }
        let method = request.method == "HEAD" ? "GET" : request.method
        if let route = methods[method] { return route }
        var allowed = methods.keys.sorted()
        if let get = allowed.firstIndex(of: "GET") { allowed.insert("HEAD", at: get + 1) }
        return self.refusal { _ in
            var response = HTTPResponse.problem(405, "Method Not Allowed", "This path does not take that method.")
            response.headers.append(.init("Allow", allowed.joined(separator: ", ")))
            return response
        }
    }

    private func refusal(_ handler: @escaping Handler) -> Route {
        Route(traits: [], handler: self.filtered(handler))
    }

    private func filtered(_ handler: @escaping Handler) -> Handler {
        self.filters.reversed().reduce(handler) { next, filter in
            { request in await filter(request, next) }
        }
    }
}
