import EventLoop
import Glibc
import ServiceTestKit
import Synchronization

/// A server on this machine that answers each connection with a text of its own and closes it; an empty text is a
/// connection that breaks.
final class CannedServer: Sendable {
    private let socket: Int32
    private let port: UInt16
    private let lines = Mutex<[String]>([])

    /// The first line of each request.
    var requests: [String] { self.lines.withLock { $0 } }

    var environment: [String: String] {
        ["RENDER_API_KEY": FakeRender.key, "RENDER_API_URL": "http://127.0.0.1:\(self.port)/v1"]
    }

    private init() throws {
        self.port = try RawClient.freePort()
        self.socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = self.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(self.socket, 8) == 0 else { throw TestKitError("can't listen: \(errno)") }
    }

    deinit { close(self.socket) }

    /// Serves while `body` runs. Whoever comes after the last answer is not let in.
    static func with(_ answers: [String], _ body: @Loop @Sendable (CannedServer) async throws -> Void) async throws {
        Loop.startThread()
        let server = try CannedServer()
        async let end: Void = onThread { server.serve(answers) }
        do { try await body(server) } catch {
            shutdown(server.socket, Int32(SHUT_RDWR))
            try await end
            throw error
        }
        shutdown(server.socket, Int32(SHUT_RDWR))
        try await end
    }

    private func serve(_ answers: [String]) {
        for answer in answers {
            let client = accept(self.socket, nil, nil)
            guard client >= 0 else { return }
            defer { close(client) }
            var head = ""
            var bytes = [UInt8](repeating: 0, count: 4096)
            while !head.contains("\r\n\r\n") {
                let count = recv(client, &bytes, bytes.count, 0)
                guard count > 0 else { break }
                head += String(decoding: bytes.prefix(count), as: UTF8.self)
            }
            self.lines.withLock { $0.append(String(head.prefix { $0 != "\r\n" })) }
            var rest = Array(answer.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            shutdown(client, Int32(SHUT_WR))
        }
    }
}
