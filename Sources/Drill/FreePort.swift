import Glibc

/// A port of 127.0.0.1 that nobody holds.
enum FreePort {
    /// One below those that the kernel gives to connections: a container that is started again must find it free.
    static func find() throws(DrillError) -> UInt16 {
        for _ in 0..<100 {
            let candidate = UInt16.random(in: 20_000..<32_000)
            if self.isFree(candidate) { return candidate }
        }
        throw DrillError(.notBegun, "no port of 127.0.0.1 between 20000 and 32000 is free")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
