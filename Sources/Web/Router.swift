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

    private typealias Methods = [String: Route]

    private var literals: [String: Methods] = [:]
    /// The more literal first.
    private var templates: [(template: PathTemplate, methods: Methods)] = []
    private let filters: [Filter]

    /// A router without routes. All requests, those that nothing is found for included, pass through `filters`, the
    /// first one outermost, unless their route says otherwise.
    public init(filters: [Filter] = []) {
        self.filters = filters
    }

    /// Sends `method` requests for `path` to `handler`. `GET` covers `HEAD`.
    ///
    /// A segment `{name}` of `path` takes any one segment that is not empty, to be found decoded in
    /// ``HTTPRequest/parameters``. A path without them goes before; otherwise the path that is literal further to the
    /// left. What `handler` throws is its answer; a closure that throws says so: `{ (request) throws(HTTPProblem) in`.
    public mutating func on(
        _ method: String, _ path: String, _ traits: Traits = [],
        _ handler: @escaping @Loop (HTTPRequest) async throws(HTTPProblem) -> HTTPResponse
    ) {
        let answering: Handler = { request in
            do throws(HTTPProblem) {
                return try await handler(request)
            } catch {
                return error.response
            }
        }
        let route = Route(traits: traits, handler: traits.contains(.unfiltered) ? answering : self.filtered(answering))
        let template = PathTemplate(path)
        guard template.hasParameters else {
            self.literals[path, default: [:]][method] = route
            return
        }
        if let index = self.templates.firstIndex(where: { $0.template == template }) {
            self.templates[index].methods[method] = route
        } else {
            let index = self.templates.firstIndex { template.goesBefore($0.template) } ?? self.templates.endIndex
            self.templates.insert((template, [method: route]), at: index)
        }
    }

    /// The methods of each path, as they were added: `/api/games/{id}`.
    public var paths: [String: Set<String>] {
        let templates = self.templates.map { ($0.template.text, Set($0.methods.keys)) }
        return Dictionary(templates + self.literals.map { ($0.key, Set($0.value.keys)) }) { $0.union($1) }
    }

    /// Answers `request`: through its handler, or with 400, 404 or 405 as problem documents.
    @Loop public func answer(_ request: HTTPRequest) async -> HTTPResponse {
        var request = request
        return await self.route(for: &request).handler(request)
    }

    /// Finds the route and writes its parameters into `request`.
    func route(for request: inout HTTPRequest) -> Route {
        guard !request.hasMalformedQuery else { return self.malformed }
        if let methods = self.literals[request.path] { return self.route(request.method, of: methods) }
        for (template, methods) in self.templates {
            guard let values = template.values(in: request.path) else { continue }
            for (name, value) in values {
                guard let decoded = PercentDecoding.decode(value) else { return self.malformed }
                request.parameters[name] = decoded
            }
            return self.route(request.method, of: methods)
        }
        return self.refusal(HTTPProblem(404, "not_found", "There is nothing at this path."))
    }

    private func route(_ method: String, of methods: Methods) -> Route {
        if let route = methods[method == "HEAD" ? "GET" : method] { return route }
        var allowed = methods.keys.sorted()
        if let get = allowed.firstIndex(of: "GET") { allowed.insert("HEAD", at: get + 1) }
        return self.refusal(
            HTTPProblem(
                405, "method_not_allowed", "This path does not take that method.",
                headers: [.init("Allow", allowed.joined(separator: ", "))]))
    }

    private var malformed: Route {
        self.refusal(HTTPProblem(400, "malformed_target", "The target has an escape that is broken or not UTF-8."))
    }

    private func refusal(_ problem: HTTPProblem) -> Route {
        Route(traits: [], handler: self.filtered { _ in problem.response })
    }

    private func filtered(_ handler: @escaping Handler) -> Handler {
        self.filters.reversed().reduce(handler) { next, filter in
            { request in await filter(request, next) }
        }
    }
}
