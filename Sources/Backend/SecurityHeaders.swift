import Web

/// The filter that tells browsers to do nothing clever with answers that are data. The rate limit will be another
/// filter behind it.
enum SecurityHeaders {
    private static let headers = [
        HTTPResponse.Header("Cache-Control", "no-store"),
        HTTPResponse.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        HTTPResponse.Header("Referrer-Policy", "no-referrer"),
        HTTPResponse.Header("X-Content-Type-Options", "nosniff"),
    ]

    static let filter: Router.Filter = { request, next in
        var response = await next(request)
        response.headers += headers
        return response
    }
}
