import CMicroHTTPD
public import EventLoop
import Glibc
public import Support

/// An HTTP/1.1 server on the loop: libmicrohttpd for the protocol, our own deadlines and checks around it.
///
/// libmicrohttpd runs without threads; its epoll descriptor is one of the loop's. It alone would let a client stay that
/// sends a byte a second, so each connection has one deadline at any time: for its header, its body, its answer, and
/// for taking the answer.
@Loop
public final class HTTPServer {
    /// What one client may take.
    public struct Limits: Sendable {
        /// Bytes from the method to the empty line; more is 431. Beyond twice as much libmicrohttpd itself refuses.
        public var headerBytes = 16 * 1024
        /// Bytes of a body; more is 413.
        public var bodyBytes = 64 * 1024
        /// Time for the whole header, counted from the end of the request before (idle time included), and again for
        /// the whole body, and again for taking the answer. After it the connection is cut.
        public var clientPatience = Duration.seconds(10)
        /// Time for a handler; after it the answer is 503.
        public var answer = Duration.seconds(10)
        /// Connections at one time; more wait in the kernel's queue.
        public var connections: UInt32 = 1024
        /// Connections of one address, fewer, so that a crowd behind the published port leaves room for the probes
        /// from inside the container.
        public var connectionsPerAddress: UInt32 = 960

        public init() {}
    }

    /// The port that is open.
    public nonisolated let port: UInt16

    #if FAULT_INJECTION
        /// Accepts requests and never answers them.
        public var isHanging = false
        /// How long each answer is kept back.
        public var slowness = Duration.zero

        /// Takes no more connections: from now on they are refused. Those that are open go on.
        public func closeListener() {
            if let daemon = self.daemon { close(MHD_quiesce_daemon(daemon)) }
        }
    #endif

    private let router: Router
    private let limits: Limits
    private let log: Log
    private let webSockets = WebSocketHub()
    private var daemon: OpaquePointer?
    private var epoll: Int32 = -1
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var ids = RequestIDs()
    private var sweep: (timer: LoopTimer, at: SuspendingClock.Instant)?
    private var turn: LoopTimer?
    /// Requests whose header is in and whose answer is not out, without probes.
    private var requestsInFlight = 0
    private var drained: Promise<Void>?
    private var isStopped = false

    /// Opens `port` (0: a free one) and serves from now on, until ``stop(within:)``.
    public init(port: UInt16, limits: Limits = Limits(), log: Log, router: Router) throws(HTTPServerError) {
        let socket = try ListeningSocket.open(port: port)
        self.port = ListeningSocket.port(of: socket)
        self.router = router
        self.limits = limits
        self.log = log
        // The daemon's context; released when the daemon is stopped.
        let context = Unmanaged.passRetained(self)
        var options = cmhd_options()
        options.listen_socket = socket
        options.connections_max = limits.connections
        options.connections_per_address_max = limits.connectionsPerAddress
        // Header and parsed fields share this; four times the limit lets us answer what is moderately too large.
        options.connection_memory_bytes = 4 * limits.headerBytes
        options.on_target = MHDCallbacks.target
        options.on_request = MHDCallbacks.request
        options.on_completed = MHDCallbacks.completed
        options.on_connection = MHDCallbacks.connection
        options.context = context.toOpaque()
        guard let daemon = cmhd_start(&options) else {
            let code = errno
            context.release()
            close(socket)
            throw HTTPServerError(code: .cannotStart, message: "libmicrohttpd does not start", systemCode: code)
        }
        self.daemon = daemon
        self.epoll = cmhd_epoll_descriptor(daemon)
        Loop.watch(self.epoll, for: .readable) { [unowned self] _ in self.pump() }
    }

    static func of(_ context: UnsafeMutableRawPointer) -> HTTPServer {
        Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: Stopping

    /// Closes the port, waits up to `limit` until the requests in progress are answered (probes are not waited for) and
    /// the WebSockets' handlers have returned and their clients are told to connect again (1012), then closes all
    /// connections.
    public func stop(within limit: Duration) async {
        guard let daemon = self.daemon, self.drained == nil else { return }
        let drained = Promise<Void>()
        self.drained = drained
        close(MHD_quiesce_daemon(daemon))
        let deadline = Loop.now.advanced(by: limit)
        // Beside the requests: one that hangs must not take the time in which the handlers of WebSockets end.
        let webSockets = Task.immediate { @Loop in await self.webSockets.stop(by: deadline) }
        if self.requestsInFlight > 0 { _ = await drained.value(within: limit) }
        await webSockets.value
        // libmicrohttpd must not be stopped while it has put connections aside, nor put others aside from here on.
        self.isStopped = true
        for connection in self.connections.values { self.answer(connection, self.stopping) }
        self.pump()
        Loop.unwatch(self.epoll)
        MHD_stop_daemon(daemon)
        self.daemon = nil
        // Only now: it tells of connections that were kept, and what is told may set a timer.
        self.turn?.cancel()
        self.sweep?.timer.cancel()
        Unmanaged.passUnretained(self).release()
    }

    private var stopping: HTTPResponse { HTTPProblem(503, "unavailable", "The server is stopping.").response }

    // MARK: Turning libmicrohttpd's wheel

    private func pump() {
        guard let daemon = self.daemon else { return }
        MHD_run(daemon)
        let wait = cmhd_timeout(daemon)
        // With no time limits of its own it only ever says "at once": there is work it has not finished.
        if wait >= 0 { self.pump(after: .milliseconds(wait)) }
    }

    /// The loop's other descriptors get their turn first, and all that is ready until then goes in one run.
    private func pump(after wait: Duration) {
        guard self.turn == nil else { return }
        self.turn = Loop.after(wait) { [unowned self] in
            self.turn = nil
            self.pump()
        }
    }

    // MARK: Connections

    func open(_ handle: OpaquePointer) -> HTTPConnection {
        let connection = HTTPConnection(handle)
        self.connections[ObjectIdentifier(connection)] = connection
        self.give(connection, self.limits.clientPatience)
        return connection
    }

    func closed(_ connection: HTTPConnection) {
        self.finish(connection)
        // At its limit, or out of file descriptors, libmicrohttpd stops listening, and only looks at its next turn
        // whether it may again. It does not say when it has stopped, so each closed connection gives it that turn.
        self.pump(after: .zero)
        self.connections[ObjectIdentifier(connection)] = nil
    }

    private func connection(_ handle: OpaquePointer) -> HTTPConnection? {
        cmhd_context(handle).map { Unmanaged<HTTPConnection>.fromOpaque($0).takeUnretainedValue() }
    }

    private func give(_ connection: HTTPConnection, _ patience: Duration) {
        connection.deadline = Loop.now.advanced(by: patience)
        self.sweepBy(connection.deadline)
    }

    /// Deadlines are only looked at when the first of them may have passed: most requests move theirs to a later time,
    /// which touches no timer.
    private func sweepBy(_ deadline: SuspendingClock.Instant) {
        if let sweep = self.sweep {
            if sweep.at <= deadline { return }
            sweep.timer.cancel()
        }
        let timer = Loop.after(Loop.now.duration(to: deadline)) { [unowned self] in
            self.sweep = nil
            self.endPatience()
        }
        self.sweep = (timer, deadline)
    }

    private func endPatience() {
        let now = Loop.now
        var next: SuspendingClock.Instant?
        for connection in self.connections.values {
            if connection.deadline <= now { self.expire(connection) }
            next = min(next ?? connection.deadline, connection.deadline)
        }
        // At most ten sweeps a second, however the deadlines lie.
        if let next { self.sweepBy(max(next, now.advanced(by: .milliseconds(100)))) }
    }

    private func expire(_ connection: HTTPConnection) {
        connection.deadline = Loop.now.advanced(by: self.limits.clientPatience)
        if case .handling? = connection.exchange?.phase {
            self.answer(connection, HTTPProblem(503, "busy", "There was no answer in time.").response)
        } else {
            connection.cut()
        }
    }

    // MARK: Requests

    /// The request line of a new request is in.
    func begin(_ handle: OpaquePointer, _ target: UnsafePointer<CChar>) {
        self.connection(handle)?.exchange = HTTPExchange(target: String(cString: target), targetBytes: strlen(target))
    }

    /// The header is in, or more of the body, or all of it, or the answer of a suspended request can be fetched.
    /// False closes the connection.
    func proceed(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        uploaded: UnsafeRawBufferPointer
    ) -> Bool {
        guard let connection = self.connection(handle), let exchange = connection.exchange else { return false }
        switch exchange.phase {
        case .head:
            self.give(connection, self.limits.clientPatience)
            exchange.phase = .body
            let refusal = exchange.readHead(
                method, version, bytes: cmhd_header_bytes(connection.handle), limits: self.limits, ids: &self.ids)
            if let refusal {
                return self.send(refusal.closing(), on: connection, exchange)
            }
            return true
        case .body where uploaded.isEmpty:
            self.handle(connection, exchange)
        case .body:
            return self.receive(uploaded, exchange)
        case .handling, .answered, .sending:
            break
        }
        if case .answered(let response) = exchange.phase { return self.send(response, on: connection, exchange) }
        if !exchange.isSuspended {
            exchange.isSuspended = true
            MHD_suspend_connection(handle)
        }
        return true
    }

    /// The answer is out, or the request failed.
    func complete(_ handle: OpaquePointer) {
        if let connection = self.connection(handle) { self.finish(connection) }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ exchange: HTTPExchange) -> Bool {
        exchange.bodyBytes += bytes.count
        if exchange.bodyBytes <= self.limits.bodyBytes {
            exchange.body += bytes
        } else {
            // Only a chunked body gets here. It can't be answered in its middle, so the rest of it is thrown away as
            // long as it is not much.
            exchange.body = []
        }
        return exchange.bodyBytes <= 4 * self.limits.bodyBytes
    }

    private func handle(_ connection: HTTPConnection, _ exchange: HTTPExchange) {
        guard exchange.bodyBytes <= self.limits.bodyBytes else {
            exchange.phase = .answered(self.limits.tooLarge.closing())
            return
        }
        guard !self.isStopped else {
            exchange.phase = .answered(self.stopping)
            return
        }
        exchange.phase = .handling
        self.give(connection, self.limits.answer)
        #if FAULT_INJECTION
            if self.isHanging { return }
        #endif
        var asked = HTTPRequest(
            exchange.method, exchange.target, headers: exchange.headers, body: exchange.body, id: exchange.id,
            peerAddress: connection.address)
        let route = self.router.route(for: &asked)
        let request = asked
        exchange.traits = route.traits
        if !route.traits.contains(.probe) {
            exchange.isWaitedFor = true
            self.requestsInFlight += 1
        }
        // Starts at once on this thread, so that an answer which needs no waiting is there when this returns.
        Task.immediate { @Loop [weak self, weak exchange] in
            let response = await route.handler(request)
            #if FAULT_INJECTION
                if let slowness = self?.slowness, slowness > .zero { try? await Loop.sleep(for: slowness) }
            #endif
            // Not if there was another answer meanwhile, or the connection is gone.
            guard let self, let exchange, connection.exchange === exchange else { return }
            self.answer(connection, response)
        }
    }

    private func answer(_ connection: HTTPConnection, _ response: HTTPResponse) {
        guard let exchange = connection.exchange, case .handling = exchange.phase else { return }
        exchange.phase = .answered(response)
        if exchange.isSuspended {
            exchange.isSuspended = false
            MHD_resume_connection(connection.handle)
            self.pump(after: .zero)
        }
    }

    private func send(_ response: HTTPResponse, on connection: HTTPConnection, _ exchange: HTTPExchange) -> Bool {
        if let upgrade = response.upgrade {
            guard self.drained == nil else { return self.send(self.stopping, on: connection, exchange) }
            guard self.webSockets.count < upgrade.options.connections else {
                let problem = HTTPProblem(503, "busy", "There are too many WebSockets; try again later.")
                return self.send(problem.response, on: connection, exchange)
            }
        }
        exchange.phase = .sending
        exchange.status = response.status
        exchange.upgrade = response.upgrade
        self.give(connection, self.limits.clientPatience)
        guard let object = self.object(for: response) else { return false }
        defer { MHD_destroy_response(object) }
        for header in response.headers { MHD_add_response_header(object, header.name, header.value) }
        MHD_add_response_header(object, "X-Request-Id", exchange.id)
        if response.closesConnection || self.drained != nil { MHD_add_response_header(object, "Connection", "close") }
        return MHD_queue_response(connection.handle, UInt32(response.status), object) == .YES
    }

    private func object(for response: HTTPResponse) -> OpaquePointer? {
        if response.upgrade != nil {
            // Unretained is safe: this server lives as long as its daemon.
            return MHD_create_response_for_upgrade(MHDCallbacks.upgrade, Unmanaged.passUnretained(self).toOpaque())
        }
        return response.body.withUnsafeBytes { body in
            // Copied, in spite of the mutable pointer in its signature.
            MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
    }

    /// The answer of 101 is out. `descriptor` is a copy of the connection's, or -1 when there are no more.
    func upgrade(_ handle: OpaquePointer, to descriptor: Int32, _ bytes: UnsafeRawBufferPointer) {
        // libmicrohttpd closes its own descriptor and the connection at its next turn.
        self.pump(after: .zero)
        guard descriptor >= 0 else { return }
        guard let upgrade = self.connection(handle)?.exchange?.upgrade else {
            close(descriptor)
            return
        }
        var on: Int32 = 1
        // Small messages go out at once, not when the client has acknowledged the one before (40 ms).
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        self.webSockets.open(descriptor, upgrade, bytes)
    }

    private func finish(_ connection: HTTPConnection) {
        guard let exchange = connection.exchange else { return }
        connection.exchange = nil
        self.give(connection, self.limits.clientPatience)
        if exchange.isWaitedFor { self.requestsInFlight -= 1 }
        if self.requestsInFlight == 0 { self.drained?.fulfil(()) }
        if !exchange.traits.contains(.probe) { exchange.record(in: self.log, client: connection.address) }
    }
}
