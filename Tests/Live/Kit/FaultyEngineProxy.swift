import Foundation
import Support
import Synchronization

/// A unix socket behind which the real engine is, but for the faults that a test asks for.
final class FaultyEngineProxy: Sendable {
    /// What goes wrong on the way.
    struct Faults {
        /// Whether it takes every connection and never answers.
        var isMute = false
        /// How many of the next restarts are answered with 500 and do not reach the engine.
        var restartsToFail = 0
        /// After how long an event stream is cut; nil for never.
        var eventStreamLife: Duration?
        /// For how long the first event stream is not asked for.
        var eventStreamDelay: Duration?
    }

    private struct State {
        var faults: Faults
        var failed = 0
        var cut = 0
        var lists = 0
        var hang: (pages: [String], begins: @Sendable () -> Bool)?
        var restarts: [Timestamp] = []
    }

    let path: String
    private let engine: String
    private let listener: Int32
    private let state: Mutex<State>

    /// How many restarts were answered with 500, and how many event streams were cut.
    var counts: (failed: Int, cut: Int) { self.state.withLock { ($0.failed, $0.cut) } }

    /// How often the containers were listed.
    var lists: Int { self.state.withLock(\.lists) }

    /// When restarts were asked for.
    var restarts: [Timestamp] { self.state.withLock(\.restarts) }

    /// Listens in `folder` until the process ends or ``close()``.
    ///
    /// - Parameter engine: the socket of the real one.
    init(in folder: String, to engine: String = "/var/run/docker.sock", _ faults: Faults) throws {
        self.path = "\(folder)/faulty.sock"
        self.engine = engine
        self.state = Mutex(State(faults: faults))
        self.listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = FaultyEngineProxy.withAddress(self.path) { [listener] in bind(listener, $0, $1) }
        guard bound == 0, listen(self.listener, 16) == 0 else { throw Trouble("\(self.path) can't be listened on") }
        let listener = self.listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    func close() {
        shutdown(self.listener, Int32(SHUT_RDWR))
        Glibc.close(self.listener)
        unlink(self.path)
    }

    /// Once `begins` says so, and until a restart is asked for, no request of a container's page of such a name, as `json`
    /// or `logs`, is answered.
    func hang(_ pages: [String], once begins: @escaping @Sendable () -> Bool) {
        self.state.withLock { $0.hang = (pages, begins) }
    }

    private func serve(_ client: Int32) {
        defer { Glibc.close(client) }
        if self.state.withLock({ $0.faults.isMute }) {
            var byte: UInt8 = 0
            while recv(client, &byte, 1, 0) > 0 {}
            return
        }
        let engine = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(engine) }
        guard FaultyEngineProxy.withAddress(self.engine, { connect(engine, $0, $1) }) == 0 else { return }
        let answers = DispatchGroup()
        answers.enter()
        Thread.detachNewThread {
            FaultyEngineProxy.pump(engine, client) { _ in true }
            shutdown(client, Int32(SHUT_RDWR))
            answers.leave()
        }
        FaultyEngineProxy.pump(client, engine) { request in
            if request.contains("GET "), request.contains("/events?") {
                self.delayFirst()
                self.cutLater(client)
            }
            self.note(request)
            if self.isHanging(request) { return false }
            guard request.hasPrefix("POST "), request.contains("/stop?"), self.mayFail() else { return true }
            let body = #"{"message":"a test wants this to fail"}"#
            let answer =
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            _ = answer.withCString { write(client, $0, strlen($0)) }
            return false
        }
        shutdown(engine, Int32(SHUT_RDWR))
        answers.wait()
    }

    private func note(_ request: String) {
        self.state.withLock { state in
            if request.hasPrefix("GET "), request.contains("/containers/json") { state.lists += 1 }
            guard request.hasPrefix("POST "), request.contains("/stop?") else { return }
            state.restarts.append(.now)
            state.hang = nil
        }
    }

    private func isHanging(_ request: String) -> Bool {
        guard request.hasPrefix("GET "), let line = request.split(separator: "\r\n").first else { return false }
        // /v1.47/containers/ID/PAGE?…
        let parts = line.split(separator: " ")[1].split(separator: "?")[0].split(separator: "/")
        guard parts.count == 4, parts[1] == "containers" else { return false }
        guard let hang = self.state.withLock(\.hang) else { return false }
        return hang.pages.contains(String(parts[3])) && hang.begins()
    }

    private func mayFail() -> Bool {
        self.state.withLock { state in
            guard state.faults.restartsToFail > 0 else { return false }
            state.faults.restartsToFail -= 1
            state.failed += 1
            return true
        }
    }

    private func delayFirst() {
        let delay = self.state.withLock { state in
            defer { state.faults.eventStreamDelay = nil }
            return state.faults.eventStreamDelay
        }
        if let delay { usleep(UInt32(delay / .microseconds(1))) }
    }

    private func cutLater(_ client: Int32) {
        guard let life = self.state.withLock({ $0.faults.eventStreamLife }) else { return }
        // A descriptor of its own: the other may stand for another connection by then.
        let same = dup(client)
        Thread.detachNewThread {
            usleep(UInt32(life / .microseconds(1)))
            shutdown(same, Int32(SHUT_RDWR))
            Glibc.close(same)
            self.state.withLock { $0.cut += 1 }
        }
    }

    /// Hands on what comes, piece by piece, as long as both sides live; a piece that `mayPass` refuses is dropped.
    private static func pump(_ from: Int32, _ to: Int32, _ mayPass: (String) -> Bool) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(from, &bytes, bytes.count)
            guard count > 0 else { return }
            guard mayPass(String(decoding: bytes.prefix(min(count, 2_048)), as: UTF8.self)) else { continue }
            var sent = 0
            while sent < count {
                let more = bytes[sent..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard more > 0 else { return }
                sent += more
            }
        }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            for (index, byte) in path.utf8.prefix(buffer.count - 1).enumerated() { buffer[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
