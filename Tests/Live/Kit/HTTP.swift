import Foundation

/// Asks a server on this machine's loopback.
///
/// - Returns: the status; nil where no answer comes in time.
func ask(_ path: String, port: Int, method: String = "GET", within limit: Duration = .seconds(1)) async -> Int? {
    // "HTTP/1.1 200": the status stands in the first bytes, which come in one piece.
    await offload { blockingAsk(method, path, port, limit, isWhole: false).flatMap(status) }
}

/// The same with the whole answer.
func fetch(_ path: String, port: Int, within limit: Duration) async -> (status: Int, text: String)? {
    await offload {
        guard let text = blockingAsk("GET", path, port, limit, isWhole: true), let code = status(text) else {
            return nil
        }
        return (code, text)
    }
}

private func status(_ answer: String) -> Int? { Int(answer.dropFirst(9).prefix(3)) }

private func blockingAsk(
    _ method: String, _ path: String, _ port: Int, _ limit: Duration, isWhole: Bool
) -> String? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let (seconds, attoseconds) = limit.components
    var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = loopback(port)
    let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    guard isConnected else { return nil }
    let request = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count
    else { return nil }
    var buffer = [UInt8](repeating: 0, count: isWhole ? 65_536 : 64)
    var bytes: [UInt8] = []
    repeat {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { break }
        bytes += buffer[..<count]
    } while isWhole
    return bytes.count >= 12 ? String(decoding: bytes, as: UTF8.self) : nil
}

func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    return address
}

/// A port of 127.0.0.1, held for as long as this lives.
final class HeldPort {
    let number: Int
    /// Listens.
    let descriptor: Int32

    /// One that is free, below those that the kernel gives to connections: a container that is restarted must find it
    /// free again.
    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        for _ in 0..<100 {
            let candidate = Int.random(in: 20_000..<32_000)
            var address = loopback(candidate)
            let isBound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isBound, listen(descriptor, 1) == 0 {
                self.number = candidate
                return
            }
        }
        close(self.descriptor)
        throw Trouble("no free port between 20000 and 32000")
    }

    deinit { close(self.descriptor) }
}
