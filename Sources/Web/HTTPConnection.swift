import CMicroHTTPD
import EventLoop
import Glibc

/// One client's connection: its socket, the request in progress, and the moment its patience ends.
@Loop
final class HTTPConnection {
    /// libmicrohttpd's object; valid until it reports the connection closed, when this object is dropped.
    let handle: OpaquePointer
    let socket: Int32
    /// When the connection has to be further than it is.
    var deadline = Loop.now
    /// The request in progress; nil while none has begun.
    var exchange: HTTPExchange?

    init(_ handle: OpaquePointer) {
        self.handle = handle
        self.socket = cmhd_socket(handle)
    }

    /// Makes libmicrohttpd see the end of the stream, whereupon it closes the connection. The descriptor stays its.
    func cut() { shutdown(self.socket, Int32(SHUT_RDWR)) }

    /// The peer's numeric address; an IPv4 address is one also where it came over an IPv6 socket.
    private(set) lazy var address: String = {
        guard let address = cmhd_address(self.handle) else { return "" }
        let length =
            address.pointee.sa_family == sa_family_t(AF_INET6)
            ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            address, socklen_t(length), &text, socklen_t(text.count), nil, 0, Int32(NI_NUMERICHOST))
        guard code == 0 else { return "" }
        let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.hasPrefix("::ffff:") ? String(name.dropFirst("::ffff:".count)) : name
    }()
}
