public import EventLoop
import Glibc
import Support

/// An HTTP server on a unix socket that does what a script says, byte by byte, right or wrong.
@Loop
public final class ScriptedServer {
    public enum Step {
        case send(String)
        case pause(Duration)
        /// Keeps the connection open and never sends anything again.
        case hang
        case close
        /// Waits for the next request on this connection.
        case next
    }

    public let path: String
    /// Head and body of each request, in the order of arrival.
    public private(set) var requests: [String] = []
    public private(set) var connectionCount = 0

    private let listener: Int32
    private let script: @Loop (_ request: String) -> [Step]
    private var tasks: [Task<Void, Never>] = []

    /// `script` is asked for each request; a `GET /_ping` is answered here.
    public init(_ script: @escaping @Loop (_ request: String) -> [Step]) {
        self.path = "/tmp/selfheal-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        self.script = script
        guard let listener = UnixSocket.listening(at: self.path) else {
            preconditionFailure("\(self.path): \(String(cString: strerror(errno)))")
        }
        self.listener = listener
        self.tasks.append(Task { @Loop in await self.acceptAll() })
    }

    public func stop() {
        for task in self.tasks { task.cancel() }
        unlink(self.path)
    }

    public static func json(_ body: String, status: String = "200 OK") -> [Step] {
        [
            .send("HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"),
            .send(body), .next,
        ]
    }

    private func acceptAll() async {
        defer { close(self.listener) }
        while !Task.isCancelled {
            guard await Loop.readiness(of: self.listener, for: .readable, within: .milliseconds(50)) != [] else {
                continue
            }
            guard let connection = UnixSocket.accepted(by: self.listener) else { continue }
            self.connectionCount += 1
            self.tasks.append(Task { @Loop in await self.serve(connection) })
        }
    }

    private func serve(_ connection: Int32) async {
        defer {
            // Not by `close` alone: a process that another test starts has a copy until it runs its own program.
            shutdown(connection, Int32(SHUT_RDWR))
            close(connection)
        }
        var received = ""
        while let request = await self.request(on: connection, &received) {
            self.requests.append(request)
            let isPing = request.hasPrefix("GET /_ping ")
            let steps = isPing ? Self.ping : self.script(request)
            for step in steps {
                switch step {
                case .send(let text):
                    var rest = Array(text.utf8)[...]
                    while !rest.isEmpty {
                        let count = rest.withUnsafeBytes {
                            Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                        }
                        if count > 0 {
                            rest = rest.dropFirst(count)
                        } else if errno != EAGAIN || Task.isCancelled {
                            return
                        } else {
                            _ = await Loop.readiness(of: connection, for: .writable, within: .milliseconds(50))
                        }
                    }
                case .pause(let time): try? await Loop.sleep(for: time)
                case .hang: while !Task.isCancelled { try? await Loop.sleep(for: .seconds(60)) }
                case .close: return
                case .next: break
                }
            }
            if case .next = steps.last {} else { return }
        }
    }

    private static let ping: [Step] = [
        .send("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK"), .next,
    ]

    private func request(on connection: Int32, _ received: inout String) async -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while !Task.isCancelled {
            if let end = received.firstRange(of: "\r\n\r\n") {
                let marker = "Content-Length: "
                let length =
                    received.firstRange(of: marker).flatMap { Int(received[$0.upperBound...].prefix { $0.isNumber }) }
                    ?? 0
                let body = received[end.upperBound...]
                if body.utf8.count >= length {
                    let request = String(received)
                    received = ""
                    return request
                }
            }
            guard await Loop.readiness(of: connection, for: .readable, within: .milliseconds(50)) != [] else {
                continue
            }
            let count = read(connection, &bytes, bytes.count)
            if count <= 0 { return nil }
            received += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        return nil
    }
}
