import Web

/// The filter that tells browsers to do nothing clever with answers that are data. An answer that is meant for a browser,
/// as the page is, says itself what else it needs. The rate limit will be another filter behind it.
enum SecurityHeaders {
    private static let headers = [
        HTTPResponse.Header("Cache-Control", "no-store"),
        HTTPResponse.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        HTTPResponse.Header("Referrer-Policy", "no-referrer"),
        HTTPResponse.Header("X-Content-Type-Options", "nosniff"),
    ]

    static let filter: Router.Filter = { request, next in
        var response = await next(request)
        for header in headers where !response.headers.contains(where: { $0.name == header.name }) {
            response.headers.append(header)
        }
        return response
    }
}
