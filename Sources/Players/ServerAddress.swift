import Glibc

/// Where the server is: `http://` and a numeric IPv4 address or `localhost`, with a port.
///
/// Nothing else, on purpose: these players make load, and load goes to the own machine or a container of it.
struct ServerAddress: Hashable {
    let host: String
    let port: UInt16

    init?(url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let parts = url.dropFirst(7).prefix { $0 != "/" }.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first, let port = parts.count == 2 ? UInt16(parts[1]) : 80 else {
            return nil
        }
        self.host = host == "localhost" ? "127.0.0.1" : String(host)
        self.port = port
        var numeric = in_addr()
        guard inet_pton(AF_INET, self.host, &numeric) == 1 else { return nil }
    }

    var socketAddress: sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = self.port.bigEndian
        inet_pton(AF_INET, self.host, &address.sin_addr)
        return address
    }

    func url(_ path: String) -> String { "http://\(self.host):\(self.port)\(path)" }
}
