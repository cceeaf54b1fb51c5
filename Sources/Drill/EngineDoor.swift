import EventLoop
import Glibc
import Support

/// A socket between the watchdog and the engine that passes everything on, until it is told to stand for an engine that
/// is gone, frozen, or loses its stream of events. The real engine behind it notices nothing, and nor does anybody else
/// on the machine.
@Loop
final class EngineDoor {
    enum State {
        case open
        /// As an engine that was stopped: the socket is not there.
        case closed
        /// As an engine that is frozen: connections are made, and nothing is ever answered.
        case frozen
    }

    let path: String
    private let engine: String
    private var listener: Int32 = -1
    private var pairs: [ObjectIdentifier: DoorPair] = [:]
    private var state = State.closed

    /// - Parameters:
    ///   - path: where the watchdog finds it.
    ///   - engine: the real engine's socket.
    init(at path: String, to engine: String) {
        self.path = path
        self.engine = engine
    }

    func set(_ state: State) throws(DrillError) {
        self.state = state
        switch state {
        case .open:
            if self.listener < 0 { try self.listen() }
            self.accept()
        case .closed: self.close()
        case .frozen:
            // The kernel still takes connections for us, as it does for a frozen engine.
            Loop.unwatch(self.listener)
        }
        for pair in self.pairs.values { pair.isFrozen = state == .frozen }
    }

    /// Ends the streams of events that are open now, as a restarting proxy or a full buffer does.
    func cutEvents() {
        for pair in self.pairs.values where pair.carriesEvents { pair.close() }
    }

    private func listen() throws(DrillError) {
        unlink(self.path)
        guard let descriptor = UnixSocket.listening(at: self.path) else {
            throw DrillError(.notInjected, "no socket at \(self.path): \(String(cString: strerror(errno)))")
        }
        self.listener = descriptor
    }

    private func accept() {
        Loop.watch(self.listener, for: .readable) { [unowned self] _ in
            guard let client = UnixSocket.accepted(by: self.listener) else { return }
            guard let engine = UnixSocket.connected(to: self.engine) else {
                Glibc.close(client)
                return
            }
            let pair = DoorPair(client, engine)
            self.pairs[ObjectIdentifier(pair)] = pair
            pair.onClose = { [unowned self] pair in self.pairs[ObjectIdentifier(pair)] = nil }
        }
    }

    private func close() {
        if self.listener >= 0 {
            Loop.unwatch(self.listener)
            Glibc.close(self.listener)
            unlink(self.path)
            self.listener = -1
        }
        for pair in self.pairs.values { pair.close() }
    }
}

/// One connection through the door: what comes in at one end goes out at the other.
@Loop
private final class DoorPair {
    private let client: Int32
    private let engine: Int32
    private var toEngine: [UInt8] = []
    private var toClient: [UInt8] = []
    private var hasClientEnded = false
    private var hasEngineEnded = false
    private(set) var carriesEvents = false
    var onClose: (DoorPair) -> Void = { _ in }
    var isFrozen = false {
        didSet { self.watch() }
    }

    init(_ client: Int32, _ engine: Int32) {
        self.client = client
        self.engine = engine
        self.watch()
    }

    func close() {
        for descriptor in [self.client, self.engine] {
            Loop.unwatch(descriptor)
            Glibc.close(descriptor)
        }
        self.onClose(self)
    }

    /// Each end is read only while what it said before has been passed on, so that neither can fill our memory.
    private func watch() {
        guard !self.isFrozen else {
            for descriptor in [self.client, self.engine] { Loop.unwatch(descriptor) }
            return
        }
        self.watch(self.client, reads: !self.hasClientEnded && self.toEngine.isEmpty, writes: !self.toClient.isEmpty)
        self.watch(self.engine, reads: !self.hasEngineEnded && self.toClient.isEmpty, writes: !self.toEngine.isEmpty)
    }

    private func watch(_ descriptor: Int32, reads: Bool, writes: Bool) {
        var interest: Readiness = []
        if reads { interest.insert(.readable) }
        if writes { interest.insert(.writable) }
        Loop.watch(descriptor, for: interest) { [unowned self] readiness in self.turn(descriptor, readiness, reads) }
    }

    private func turn(_ descriptor: Int32, _ readiness: Readiness, _ reads: Bool) {
        if readiness.contains(.failed), !reads { return self.close() }
        let isClient = descriptor == self.client
        if reads, readiness.contains(.readable) {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &bytes, bytes.count)
            if count < 0 { return self.close() }
            if isClient {
                self.hasClientEnded = count == 0
                self.toEngine += bytes.prefix(count)
                // libcurl sends the head of a request in one piece.
                if String(decoding: bytes.prefix(64), as: UTF8.self).contains("/events?") { self.carriesEvents = true }
            } else {
                self.hasEngineEnded = count == 0
                self.toClient += bytes.prefix(count)
            }
            if self.hasClientEnded, self.toEngine.isEmpty { shutdown(self.engine, Int32(SHUT_WR)) }
        }
        guard self.pass(&self.toEngine, to: self.engine), self.pass(&self.toClient, to: self.client) else {
            return self.close()
        }
        if self.hasEngineEnded, self.toClient.isEmpty { return self.close() }
        self.watch()
    }

    /// - Returns: whether the other end still takes anything.
    private func pass(_ bytes: inout [UInt8], to descriptor: Int32) -> Bool {
        guard !bytes.isEmpty else { return true }
        let count = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN }
        bytes.removeFirst(count)
        return true
    }
}
