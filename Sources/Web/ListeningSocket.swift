import Glibc

/// Opens the socket the server listens on.
enum ListeningSocket {
    /// Connections the kernel keeps while the loop is busy. Linux caps it at `net.core.somaxconn` (4096).
    private static let backlog: Int32 = 1024

    /// A non-blocking socket listening on `port` of all addresses, IPv6 and IPv4 where the machine has both. Port 0
    /// takes a free one.
    static func open(port: UInt16) throws(HTTPServerError) -> Int32 {
        do {
            return try Self.open(port: port, family: AF_INET6)
        } catch {
            // Containers often come without IPv6; then the family or its wildcard address is not there.
            guard [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.systemCode) else { throw error }
            return try Self.open(port: port, family: AF_INET)
        }
    }

    /// The port `socket` is bound to.
    static func port(of socket: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout.size(ofValue: address))
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        return UInt16(bigEndian: address.sin6_port)  // At the same place in `sockaddr_in`.
    }

    private static func open(port: UInt16, family: Int32) throws(HTTPServerError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw Self.fault(port, errno) }
        var on: Int32 = 1
        var off: Int32 = 0
        // A port whose old connections are in TIME_WAIT is free for a restarted server.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        let isBound: Bool
        if family == AF_INET6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, 4)
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            isBound = Self.bind(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            isBound = Self.bind(descriptor, &address)
        }
        guard isBound, listen(descriptor, Self.backlog) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.fault(port, code)
        }
        return descriptor
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }

    private static func fault(_ port: UInt16, _ code: Int32) -> HTTPServerError {
        HTTPServerError(code: .cannotListen, message: "cannot listen on port \(port)", systemCode: code)
    }
}
