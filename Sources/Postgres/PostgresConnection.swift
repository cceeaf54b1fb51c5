import CPostgres
public import EventLoop
import Glibc

/// One connection to the server through libpq, non-blocking, with every deadline kept on our side.
///
/// One statement at a time. A statement that misses its deadline closes the connection, because its answer may still
/// come; `PQcancel` is never used, as it blocks for as long as the server is frozen.
@Loop
public final class PostgresConnection {
    // `nonisolated(unsafe)`: libpq's object has no thread of its own; `deinit` is the one use outside the loop, when
    // nobody else can refer to it.
    private nonisolated(unsafe) var handle: OpaquePointer?
    private let configuration: PostgresConfiguration
    private var isBusy = false
    private var isClosing = false
    /// Statements that the server keeps for this connection, with their names.
    private var prepared: [String: String] = [:]

    /// False once closed, by ``close()``, by a missed deadline or because the connection broke.
    public var isOpen: Bool { self.handle != nil && !self.isClosing }

    private init(_ handle: OpaquePointer, _ configuration: PostgresConfiguration) {
        self.handle = handle
        self.configuration = configuration
    }

    deinit {
        if let handle { PQfinish(handle) }
    }

    // MARK: Opening and closing

    /// Connects within `limit`, name look-up, TLS and log-in included.
    public static func open(
        _ configuration: PostgresConfiguration, within limit: Duration
    ) async throws(PostgresError) -> PostgresConnection {
        let deadline = Loop.now.advanced(by: limit)
        let configuration = try await Self.resolve(configuration, by: deadline)
        guard let handle = Self.start(configuration.effectiveParameters) else {
            throw PostgresError(code: .connectFailed, message: "out of memory")
        }
        let connection = PostgresConnection(handle, configuration)
        do {
            try await connection.finishConnecting(by: deadline)
        } catch {
            connection.abandon()
            throw error
        }
        return connection
    }

    /// Says goodbye and closes. Does not block: what the socket does not take at once is not sent. A statement in
    /// progress fails with ``PostgresError/Code/lost``.
    public func close() {
        self.isClosing = true
        // The loop still watches the descriptor of a busy connection: its statement is woken, and closes on its way out.
        if self.isBusy { self.hangUp() } else { self.finish() }
    }

    /// Closes without a word, for a server that may not listen.
    private func abandon() {
        self.hangUp()
        self.finish()
    }

    private func hangUp() {
        guard let handle = self.handle, PQsocket(handle) >= 0 else { return }
        shutdown(PQsocket(handle), Int32(SHUT_RDWR))
    }

    private func finish() {
        guard let handle = self.handle else { return }
        self.handle = nil
        PQfinish(handle)
    }

    private static func resolve(
        _ configuration: PostgresConfiguration, by deadline: SuspendingClock.Instant
    ) async throws(PostgresError) -> PostgresConfiguration {
        var found: [(host: String, port: String, address: String)] = []
        var failure: PostgresError?
        for endpoint in configuration.endpoints {
            let left = Loop.now.duration(to: deadline)
            do throws(PostgresError) {
                for address in try await HostResolver.shared.addresses(of: endpoint.host, within: left) {
                    found.append((endpoint.host, endpoint.port, address))
                }
            } catch {
                failure = error
            }
        }
        // One host of several without an address is like one that is down: the others are tried.
        if found.isEmpty, let failure { throw failure }
        return found.isEmpty ? configuration : configuration.resolved(to: found)
    }

    private static func start(_ parameters: [String: String]) -> OpaquePointer? {
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        for (keyword, value) in parameters {
            keywords.append(strdup(keyword).map { UnsafePointer($0) })
            values.append(strdup(value).map { UnsafePointer($0) })
        }
        defer { for copy in keywords + values { free(UnsafeMutablePointer(mutating: copy)) } }
        return PQconnectStartParams(keywords + [nil], values + [nil], 0)
    }

    private func finishConnecting(by deadline: SuspendingClock.Instant) async throws(PostgresError) {
        guard let handle = self.handle else { return }
        // Notices would go to standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        var state = PGRES_POLLING_WRITING
        if PQstatus(handle) == CONNECTION_BAD { state = PGRES_POLLING_FAILED }
        while state != PGRES_POLLING_OK {
            guard state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING else {
                throw self.connectFailure(handle)
            }
            // The socket may be another one in each round: libpq tries one address after the other.
            let interest: Readiness = state == PGRES_POLLING_READING ? .readable : .writable
            try await self.wait(for: interest, by: deadline)
            state = PQconnectPoll(handle)
        }
        // Also keeps `PQfinish` from waiting until the socket takes the goodbye.
        PQsetnonblocking(handle, 1)
    }

    private func connectFailure(_ handle: OpaquePointer) -> PostgresError {
        let message = self.configuration.scrubbed(PQerrorMessage(handle).map { String(cString: $0) } ?? "")
        // Before the log-in libpq has no SQLSTATE to ask for, only words. They are in the locale of this process,
        // which never calls `setlocale`, or in the server's.
        let code: PostgresError.Code =
            if message.contains("Connection refused") || message.contains("No such file") {
                .refused
            } else if message.contains("starting up") || message.contains("shutting down")
                || message.contains("recovery mode") || message.contains("not yet accepting")
            {
                .unavailable
            } else if message.contains("authentication failed") || message.contains("does not exist")
                || message.contains("no pg_hba.conf entry") || message.contains("no password supplied")
            {
                .notAuthorized
            } else if message.contains("too many") || message.contains("remaining connection slots") {
                .overloaded
            } else {
                .connectFailed
            }
        return PostgresError(code: code, message: message)
    }

    // MARK: Statements

    /// Runs one statement with `parameters` in place of `$1`, `$2`, … and returns its rows.
    ///
    /// Must not be called while another statement of this connection runs.
    ///
    /// - Parameter isKept: the server parses and plans it at its first run alone, and keeps it as long as the connection.
    ///   For statements that run all the time.
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], isKept: Bool = false, within limit: Duration
    ) async throws(PostgresError) -> PostgresRows {
        guard !parameters.contains(where: \.containsNUL) else {
            throw .server("text can't hold a NUL character", sqlState: "22021")
        }
        let deadline = Loop.now.advanced(by: limit)
        let name = isKept ? try await self.prepare(sql, by: deadline) : nil
        return try await self.perform(by: deadline) { handle in
            let buffers = ParameterBuffers(parameters)
            defer { buffers.free() }
            let count = Int32(parameters.count)
            if let name {
                return PQsendQueryPrepared(handle, name, count, buffers.values, buffers.lengths, buffers.formats, 0)
            }
            return PQsendQueryParams(handle, sql, count, nil, buffers.values, buffers.lengths, buffers.formats, 0)
        }
    }

    /// The name under which the server keeps `sql`.
    private func prepare(_ sql: String, by deadline: SuspendingClock.Instant) async throws(PostgresError) -> String {
        if let name = self.prepared[sql] { return name }
        let name = "kept_\(self.prepared.count)"
        _ = try await self.perform(by: deadline) { PQsendPrepare($0, name, sql, 0, nil) }
        self.prepared[sql] = name
        return name
    }

    /// Runs a script of statements without parameters, all in one transaction unless it says otherwise.
    public func execute(_ script: String, within limit: Duration) async throws(PostgresError) {
        _ = try await self.perform(by: Loop.now.advanced(by: limit)) { PQsendQuery($0, script) }
    }

    private func perform(
        by deadline: SuspendingClock.Instant, send: (OpaquePointer) -> Int32
    ) async throws(PostgresError) -> PostgresRows {
        precondition(!self.isBusy, "a connection runs one statement at a time")
        guard let handle = self.handle, !self.isClosing else { throw Self.closed }
        self.isBusy = true
        defer { self.isBusy = false }
        do throws(PostgresError) {
            guard send(handle) == 1 else { throw self.loss(handle) }
            try await self.flush(handle, by: deadline)
            return try await self.collect(handle, by: deadline)
        } catch {
            if error.code == .timeout && error.sqlState == nil {
                self.abandon()
            } else if self.isClosing || error.code == .lost || PQstatus(handle) == CONNECTION_BAD {
                self.finish()
            }
            throw error
        }
    }

    private func flush(_ handle: OpaquePointer, by deadline: SuspendingClock.Instant) async throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // Reading too, as a server that waits for us to read does not read.
                let ready = try await self.wait(for: [.readable, .writable], by: deadline)
                if ready.contains(.readable), PQconsumeInput(handle) == 0 { throw self.loss(handle) }
            default: throw self.loss(handle)
            }
        }
    }

    private func collect(
        _ handle: OpaquePointer, by deadline: SuspendingClock.Instant
    ) async throws(PostgresError) -> PostgresRows {
        var rows = PostgresRows(rows: [])
        var failure: PostgresError?
        while true {
            while PQisBusy(handle) == 1 {
                try await self.wait(for: .readable, by: deadline)
                guard PQconsumeInput(handle) == 1 else { throw failure ?? self.loss(handle) }
            }
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: rows = Self.rows(of: result)
            default: failure = failure ?? self.failure(of: result)
            }
        }
        if let failure { throw failure }
        return rows
    }

    private static func rows(of result: OpaquePointer) -> PostgresRows {
        let columns = PQnfields(result)
        return PostgresRows(
            rows: (0..<PQntuples(result)).map { row in
                (0..<columns).map { column in
                    PQgetisnull(result, row, column) == 1
                        ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
                }
            })
    }

    private func failure(of result: OpaquePointer) -> PostgresError {
        // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY, character macros that Swift does not import.
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        guard let state else {
            return PostgresError(
                code: .lost, message: self.configuration.scrubbed(String(cString: PQresultErrorMessage(result))))
        }
        return .server(self.configuration.scrubbed(message ?? ""), sqlState: state)
    }

    private func loss(_ handle: OpaquePointer) -> PostgresError {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return PostgresError(code: .lost, message: self.configuration.scrubbed(message))
    }

    @discardableResult
    private func wait(
        for interest: Readiness, by deadline: SuspendingClock.Instant
    ) async throws(PostgresError) -> Readiness {
        guard let handle = self.handle else { throw Self.closed }
        let left = Loop.now.duration(to: deadline)
        let socket = PQsocket(handle)
        guard socket >= 0 else { throw self.loss(handle) }
        let ready = left > .zero ? await Loop.readiness(of: socket, for: interest, within: left) : []
        guard !ready.isEmpty else { throw PostgresError(code: .timeout, message: "no answer from the server in time") }
        if self.isClosing { throw Self.closed }
        return ready
    }

    // MARK: Between statements

    /// Outside of a transaction, with nothing in flight: another caller may go on with it.
    var isIdle: Bool {
        guard let handle = self.handle, self.isOpen, !self.isBusy else { return false }
        return PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Calls `handler` whenever the server says something or is gone, until ``unwatch()``; the handler is to call
    /// ``takeInput()``. Costs nothing while the server is silent.
    func watch(_ handler: @escaping @Loop () -> Void) {
        guard let handle = self.handle else { return }
        Loop.watch(PQsocket(handle), for: .readable) { _ in handler() }
    }

    func unwatch() {
        guard let handle = self.handle else { return }
        Loop.unwatch(PQsocket(handle))
    }

    /// Takes in what has arrived without being asked for; false when the connection is gone.
    func takeInput() -> Bool {
        guard let handle = self.handle else { return false }
        return PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
    }

    /// The next notification that was taken in.
    func nextNotification() -> (channel: String, payload: String)? {
        guard let handle = self.handle, let notification = PQnotifies(handle) else { return nil }
        defer { PQfreemem(notification) }
        return (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra))
    }

    private static nonisolated let closed = PostgresError(code: .lost, message: "the connection is closed")
}
