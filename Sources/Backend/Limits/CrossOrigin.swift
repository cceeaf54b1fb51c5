import Web

/// The filter that lets pages of other origins use the API: those of `CORS_ORIGINS`, and no others (the CORS protocol of
/// the Fetch standard). Tokens travel in headers and bodies, so nothing needs cookies, and none are allowed.
struct CrossOrigin: Sendable, Hashable {
    /// Why a list is refused. Without the value.
    struct Fault: Error, Hashable {
        let problem: String
    }

    private static let preflight = [
        HTTPResponse.Header("Access-Control-Allow-Methods", "GET, POST, DELETE"),
        HTTPResponse.Header("Access-Control-Allow-Headers", "Authorization, Content-Type"),
        // In seconds; browsers take no more than two hours.
        HTTPResponse.Header("Access-Control-Max-Age", "7200"),
    ]
    private static let exposed = HTTPResponse.Header(
        "Access-Control-Expose-Headers", "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
    /// A cache must not give one origin's answer to another.
    private static let vary = HTTPResponse.Header("Vary", "Origin")

    let origins: Set<String>

    /// No other origin.
    static let none = CrossOrigin(origins: [])

    private init(origins: Set<String>) { self.origins = origins }

    /// Reads origins as browsers write them, `https://example.org, http://localhost:5173`, with commas between them.
    init(_ text: String) throws(Fault) {
        var origins: Set<String> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let origin = entry.split(separator: " ").joined(separator: " ")
            guard Self.isOrigin(origin) else {
                throw Fault(problem: "is not a list of origins such as https://example.org, http://localhost:5173")
            }
            origins.insert(origin)
        }
        self.origins = origins
    }

    /// Scheme, host and perhaps a port, in lower case and nothing behind them: what is compared with is written so.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let host = text.dropFirst(scheme.count)
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-.:[]".utf8.contains(byte)
            }
    }

    var filter: Router.Filter {
        { request, next in
            guard !self.origins.isEmpty else { return await next(request) }
            guard let origin = request.headers["origin"], self.origins.contains(origin) else {
                var response = await next(request)
                response.headers.append(Self.vary)
                return response
            }
            let allow = HTTPResponse.Header("Access-Control-Allow-Origin", origin)
            if request.method == "OPTIONS", request.headers["access-control-request-method"] != nil {
                return HTTPResponse(status: 204, headers: [allow, Self.vary] + Self.preflight)
            }
            var response = await next(request)
            response.headers += [allow, Self.vary, Self.exposed]
            return response
        }
    }
}
