import Glibc

/// The address a probe asks, as seen from inside the container: `http`, a loopback name or an IP literal, a port, a path.
///
/// Other names are not allowed: to resolve them would block the loop or ask the wrong machine.
public struct ProbeURL: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is no ``ProbeURL``, to be read behind the name of the setting it came from.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public let problem: String
        public var description: String { self.problem }
    }

    /// The text it was made from.
    public let description: String
    /// The literals to try in turn, IPv6 in brackets.
    let addresses: [String]
    public let port: UInt16
    /// Path and query, starting with a slash.
    public let path: String
    /// What is sent to ask it.
    let request: [UInt8]

    /// - Throws: ``Fault`` when `text` is anything but `http://localhost|IPv4|[IPv6][:port][/path]`.
    public init(_ text: String) throws(Fault) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 2_048 else {
            throw Fault(problem: "is no URL: it has spaces, control characters or more than 2048 characters")
        }
        guard let scheme = text.firstRange(of: "://"), text[..<scheme.lowerBound].lowercased() == "http" else {
            throw Fault(problem: "does not start with http://")
        }
        let rest = text[scheme.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest[authority.endIndex...]
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        let behindHost = authority[host.endIndex...].drop { isBracketed && $0 == "]" }
        guard !isBracketed || authority[host.endIndex...].hasPrefix("]") else {
            throw Fault(problem: "has a bracket that is not closed")
        }
        self.addresses = try Self.addresses(of: String(host), isBracketed: isBracketed)
        switch behindHost.first {
        case nil: self.port = 80
        case ":":
            guard let port = UInt16(behindHost.dropFirst()), port > 0 else {
                throw Fault(problem: "has a port that is no number from 1 to 65535")
            }
            self.port = port
        default: throw Fault(problem: "has something between host and port")
        }
        self.description = text
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
        self.request = Array(
            "GET \(self.path) HTTP/1.1\r\nHost: \(authority)\r\nUser-Agent: selfheal\r\nAccept: */*\r\n\r\n".utf8)
    }

    private static func addresses(of host: String, isBracketed: Bool) throws(Fault) -> [String] {
        var address = in6_addr()
        switch isBracketed {
        case true where inet_pton(AF_INET6, host, &address) == 1: return ["[\(host)]"]
        case false where inet_pton(AF_INET, host, &address) == 1: return [host]
        case false where host.lowercased() == "localhost": return ["127.0.0.1", "[::1]"]
        default: throw Fault(problem: "has a host that is neither localhost nor an IP address")
        }
    }
}
