import Postgres
import Support
import Web

/// Why a request is not carried out: a problem document (RFC 9457) with a code that programs read. The codes are listed in
/// `docs/protocol.md`.
struct Problem: Error, Sendable, Hashable {
    let status: Int
    /// What `status` means.
    let title: String
    let code: String
    /// What it means here, for people.
    let detail: String
    /// After how many seconds the same request may succeed.
    var retryAfter: Int?

    static func invalidField(_ name: String, _ problem: String) -> Problem {
        Problem(status: 400, title: "Bad Request", code: "invalid_field", detail: "The field \(name) \(problem).")
    }

    static let unauthorized = Problem(
        status: 401, title: "Unauthorized", code: "unauthorized",
        detail: "There is no access token, or it is not valid any more.")

    static let busy = Problem(
        status: 503, title: "Service Unavailable", code: "busy",
        detail: "Too many ask at the same time. Please send it again.", retryAfter: 1)

    private static let unavailable = Problem(
        status: 503, title: "Service Unavailable", code: "unavailable",
        detail: "The database is away or takes no changes now. Please send it again.", retryAfter: 1)

    private static let internalError = Problem(
        status: 500, title: "Internal Server Error", code: "internal", detail: "This should not have happened.")

    /// SQLSTATE of a table or column that is not there: the schema is not up to date yet.
    private static let missing = ["42P01", "42703"]

    init(status: Int, title: String, code: String, detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// What `error` means for the client. Logs what is our fault, with nothing of the request.
    init(_ error: any Error, log: Log) {
        switch error {
        case let problem as Problem: self = problem
        case is PasswordHasher.Busy: self = .busy
        case let error as PostgresError where error.code == .overloaded: self = .busy
        case let error as PostgresError where error.isPassing || Self.missing.contains(error.sqlState ?? ""):
            self = .unavailable
        default:
            log.error("a request failed", .init("reason", .string("\(error)")))
            self = .internalError
        }
    }

    var response: HTTPResponse {
        var response = HTTPResponse.json(
            [
                "title": .string(self.title), "status": .integer(self.status), "detail": .string(self.detail),
                "code": .string(self.code),
            ], status: self.status, contentType: "application/problem+json")
        if let retryAfter { response.headers.append(.init("Retry-After", String(retryAfter))) }
        // A scheme is to be named (RFC 9110, 15.5.2).
        if self.status == 401 { response.headers.append(.init("WWW-Authenticate", "Bearer")) }
        return response
    }
}
