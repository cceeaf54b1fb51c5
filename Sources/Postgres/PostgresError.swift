/// Why the database did not do what it was asked for. Holds no secret and no row: it may be logged and answered.
public struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers tell apart. The raw value is the class that people and health answers read.
    public enum Code: String, Hashable, Sendable {
        /// The configuration is not one libpq understands.
        case malformedConfiguration = "malformed configuration"
        /// The host name has no address, or nobody answered for it.
        case unresolvedHost = "host not found"
        /// Nobody listens there.
        case refused = "connection refused"
        /// No answer within the deadline kept on our side, or the server's own `statement_timeout`.
        case timeout = "timeout"
        /// User, password or database are not accepted.
        case notAuthorized = "not authorized"
        /// The server starts, stops or recovers (SQLSTATE 57P01 to 57P03).
        case unavailable = "starting or stopping"
        /// The server has no connection left for us, or our own pool has none (SQLSTATE class 53 but 53100).
        case overloaded = "out of connections"
        /// The server takes no writes (SQLSTATE 25006).
        case readOnly = "read-only"
        /// The server has no room for what was to be written (SQLSTATE 53100).
        case diskFull = "disk full"
        /// The connection broke while it was used.
        case lost = "connection lost"
        /// Any other failure to connect.
        case connectFailed = "connection failed"
        /// The server refused the statement.
        case queryFailed = "query failed"
        /// The answer has another form than the program expects.
        case unexpectedAnswer = "unexpected answer"
    }

    public let code: Code
    /// The server's or libpq's own words, without detail fields (they may quote rows) and without the password.
    public let message: String
    /// The five letters of SQLSTATE, when the server sent them.
    public let sqlState: String?

    public init(code: Code, message: String, sqlState: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
    }

    /// The same may succeed later, and the caller is not to blame: HTTP says 503. Whether a statement that was lost in
    /// flight took effect is not known; whoever repeats it makes sure that twice is once.
    public var isPassing: Bool {
        switch self.code {
        case .unresolvedHost, .refused, .timeout, .notAuthorized, .unavailable, .overloaded, .readOnly, .diskFull,
            .lost, .connectFailed:
            true
        case .queryFailed:
            // Serialization failure, deadlock, lock not available, I/O error of the server.
            ["40001", "40P01", "55P03", "58030"].contains(self.sqlState)
        case .malformedConfiguration, .unexpectedAnswer: false
        }
    }

    public var description: String {
        self.code.rawValue + ": " + self.message + (self.sqlState.map { " (SQLSTATE \($0))" } ?? "")
    }

    /// Translates what the server reports while a connection is open.
    static func server(_ message: String, sqlState: String) -> PostgresError {
        let code: Code =
            switch sqlState {
            case "57014": .timeout
            case "57P01", "57P02", "57P03": .unavailable
            case "28000", "28P01", "3D000": .notAuthorized
            case "25006": .readOnly
            case "53100": .diskFull
            case let state where state.hasPrefix("53"): .overloaded
            case let state where state.hasPrefix("08"): .lost
            default: .queryFailed
            }
        return PostgresError(code: code, message: message, sqlState: sqlState)
    }
}
