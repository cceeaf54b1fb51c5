import Postgres
import Support
import Web

extension HTTPProblem {
    static let unauthorized = HTTPProblem(
        401, "unauthorized", "There is no access token, or it is not valid any more.", headers: [Self.challenge])

    /// A scheme is to be named with each 401 (RFC 9110, 15.5.2).
    static let challenge = HTTPResponse.Header("WWW-Authenticate", "Bearer")

    static let busy = HTTPProblem(
        503, "busy", "Too many ask at the same time. Please send it again.", headers: [Self.retryAfter(1)])

    private static let unavailable = HTTPProblem(
        503, "unavailable", "The database is away or takes no changes now. Please send it again.",
        headers: [Self.retryAfter(1)])

    /// SQLSTATE of a table or column that is not there: the schema is not up to date yet.
    private static let missing = ["42P01", "42703"]

    static func invalidField(_ name: String, _ fault: String) -> HTTPProblem {
        HTTPProblem(400, "invalid_field", "The member \(name) \(fault).")
    }

    /// In seconds.
    static func retryAfter(_ seconds: Int) -> HTTPResponse.Header { .init("Retry-After", String(seconds)) }

    /// What `error` means for the client. Logs what is our fault, with nothing of the request.
    init(_ error: any Error, log: Log) {
        switch error {
        case let problem as HTTPProblem: self = problem
        case is PasswordHasher.Busy: self = .busy
        case let error as PostgresError where error.code == .overloaded: self = .busy
        case let error as PostgresError where error.isPassing || Self.missing.contains(error.sqlState ?? ""):
            self = .unavailable
        default:
            log.error("a request failed", .init("reason", .string("\(error)")))
            self = HTTPProblem(500, "internal", "This should not have happened.")
        }
    }
}
