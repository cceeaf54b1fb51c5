import Glibc

/// Why the server could not begin to listen.
public struct HTTPServerError: Error, Hashable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The port is taken, or may not be used by this user.
        case cannotListen
        /// libmicrohttpd did not start; out of memory or descriptors.
        case cannotStart
    }

    public let code: Code
    public let message: String
    /// `errno` of the call that failed.
    public let systemCode: Int32

    public var description: String { "\(self.message): \(String(cString: strerror(self.systemCode)))" }
}
