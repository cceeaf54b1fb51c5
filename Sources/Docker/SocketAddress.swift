import Glibc

/// An IP address and a port, as the kernel wants them.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    /// - Parameter literal: IPv4 in numbers, or IPv6 in brackets; nil comes of anything else.
    init?(_ literal: String, port: UInt16) {
        if literal.hasPrefix("[") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, String(literal.dropFirst().dropLast()), &address.sin6_addr) == 1 else {
                return nil
            }
            self.length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &self.storage) { $0.storeBytes(of: address, as: sockaddr_in6.self) }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            guard inet_pton(AF_INET, literal, &address.sin_addr) == 1 else { return nil }
            self.length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &self.storage) { $0.storeBytes(of: address, as: sockaddr_in.self) }
        }
    }

    var family: Int32 { Int32(self.storage.ss_family) }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: self.storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, self.length) }
        }
    }
}
