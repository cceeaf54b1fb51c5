public import EventLoop
import Support

/// A bounded number of connections to one database, shared by all that ask it something.
///
/// - A connection that dies while it is idle is noticed at once, as its socket becomes readable: it is never used.
/// - Callers wait in line for a connection, at most ``Limits/wait``. A line that is full is refused at once.
/// - When no connection can be had, attempts follow each other with a growing pause, one at a time, and only while
///   somebody wants a connection: an idle pool never wakes up. Short outages are waited out; in longer ones callers
///   fail at once until an attempt succeeds.
/// - A statement that misses its deadline, on our side (frozen server) or the server's (`statement_timeout`), fails
///   with ``PostgresError/Code/timeout``.
///
/// Nothing is ever repeated by the pool: a statement in flight when its connection dies may have taken effect.
/// Does not react to cancellation; each call ends in bounded time.
@Loop
public final class PostgresPool {
    /// The bounds of a pool.
    public struct Limits: Sendable {
        /// Open at most.
        public var connections = 20
        /// In line for a connection at most.
        public var waiting = 1000
        /// In line, and in an outage: how long it must have lasted for callers to fail at once.
        public var wait = Duration.seconds(2)
        /// For a connection, name look-up and log-in included.
        public var connect = Duration.seconds(2)
        /// For one statement.
        public var statement = Duration.seconds(3)
        /// For a transaction from `begin` to `commit`.
        public var transaction = Duration.seconds(5)

        public init() {}
    }

    private struct Outage {
        let began: SuspendingClock.Instant
        let error: PostgresError
        let nextAttempt: SuspendingClock.Instant
    }

    private typealias Outcome = Result<PostgresConnection, PostgresError>

    private let configuration: PostgresConfiguration
    private let limits: Limits
    /// The one used last is the one used next.
    private var idle: [PostgresConnection] = []
    /// Idle or in use.
    private var open = 0
    private var connecting = 0
    private var line = WaitingLine<Outcome>()
    private var outage: Outage?
    private var backoff = PostgresPool.freshBackoff
    private var attemptTimer: LoopTimer?
    private var isClosed = false

    private static nonisolated let freshBackoff = Backoff(first: .milliseconds(50), most: .seconds(1))

    /// Nothing is connected before the first statement.
    public init(_ configuration: PostgresConfiguration, _ limits: Limits = Limits()) {
        self.configuration = configuration.limitingStatements(to: limits.statement)
            .limitingIdleTransactions(to: limits.transaction).committingDurably()
        self.limits = limits
    }

    /// Runs one statement with `parameters` in place of `$1`, `$2`, … and returns its rows. Alone it is a transaction
    /// of its own: when this returns, it is committed. `isKept` as in ``PostgresConnection/query(_:_:isKept:within:)``.
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], isKept: Bool = false
    ) async throws(PostgresError) -> PostgresRows {
        let connection = try await self.lease()
        defer { self.release(connection) }
        return try await connection.query(sql, parameters, isKept: isKept, within: self.limits.statement)
    }

    /// Runs `body` between `begin` and `commit`. What it throws undoes everything and is thrown on.
    ///
    /// - Throws: ``PostgresError/Code/lost`` or ``PostgresError/Code/timeout`` also when the answer to `commit` did not
    ///   arrive: whether it took effect is not known then.
    public func transaction<Value>(
        _ body: @Loop (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let connection = try await self.lease()
        defer { self.release(connection) }
        let transaction = PostgresTransaction(
            connection, statementLimit: self.limits.statement, deadline: Loop.now.advanced(by: self.limits.transaction))
        try await transaction.control("begin")
        do {
            let value = try await body(transaction)
            try await transaction.control("commit")
            return value
        } catch {
            // A connection that can't be brought back out of the transaction is not used again.
            if connection.isOpen { try? await transaction.control("rollback") }
            throw error
        }
    }

    /// Closes what is idle, and the rest as it comes back. Callers from here on fail with ``PostgresError/Code/lost``.
    public func close() {
        self.isClosed = true
        for connection in self.idle {
            connection.unwatch()
            connection.close()
        }
        self.open -= self.idle.count
        self.idle = []
        self.attemptTimer?.cancel()
        self.line.serveAll(.failure(Self.closed))
    }

    // MARK: Lending

    private func lease() async throws(PostgresError) -> PostgresConnection {
        if self.isClosed { throw Self.closed }
        while let connection = self.idle.popLast() {
            connection.unwatch()
            if connection.takeInput() { return connection }
            self.discard(connection)
        }
        if let outage, self.open == 0, Loop.now > outage.began.advanced(by: self.limits.wait),
            self.connecting > 0 || Loop.now < outage.nextAttempt
        {
            throw outage.error
        }
        guard self.line.count < self.limits.waiting else {
            throw PostgresError(code: .overloaded, message: "too many wait for a connection")
        }
        let place = self.line.enter()
        self.grow()
        let outcome = await place.value(within: self.limits.wait)
        self.line.leave(place)
        return try (outcome ?? .failure(self.waitedInVain)).get()
    }

    private var waitedInVain: PostgresError {
        if self.open > 0 { return PostgresError(code: .overloaded, message: "no connection became free in time") }
        return self.outage?.error ?? PostgresError(code: .timeout, message: "no connection to the server in time")
    }

    private func release(_ connection: PostgresConnection) {
        guard connection.isIdle, !self.isClosed else { return self.discard(connection) }
        if self.line.serveFirst(.success(connection)) { return }
        self.idle.append(connection)
        // Weak: a pool that is dropped without being closed leaves the watch behind, which then ends at the next word.
        connection.watch { [weak self] in
            if self != nil, connection.takeInput() { return }
            connection.unwatch()
            guard let self else { return connection.close() }
            self.idle.removeAll { $0 === connection }
            self.discard(connection)
        }
    }

    private func discard(_ connection: PostgresConnection) {
        connection.close()
        self.open -= 1
        self.grow()
    }

    // MARK: Connecting

    /// Begins as many connections as are wanted and allowed.
    private func grow() {
        guard !self.isClosed else { return }
        while self.line.count > self.connecting, self.open + self.connecting < self.limits.connections {
            if let outage {
                guard self.connecting == 0 else { return }
                guard Loop.now >= outage.nextAttempt else { return self.growLater(outage.nextAttempt) }
            }
            self.connecting += 1
            // Ends by its own deadline.
            Task { @Loop in await self.connect() }
        }
    }

    private func growLater(_ instant: SuspendingClock.Instant) {
        guard self.attemptTimer == nil else { return }
        self.attemptTimer = Loop.after(Loop.now.duration(to: instant)) {
            self.attemptTimer = nil
            self.grow()
        }
    }

    private func connect() async {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.open(self.configuration, within: self.limits.connect)
            self.connecting -= 1
            self.open += 1
            self.outage = nil
            self.backoff = Self.freshBackoff
            self.release(connection)
        } catch {
            self.connecting -= 1
            self.note(error)
        }
        self.grow()
    }

    private func note(_ error: PostgresError) {
        var random = SystemRandomNumberGenerator()
        let now = Loop.now
        // With connections left it is none yet, and those in line wait for these.
        let outage = Outage(
            began: self.open > 0 ? now : self.outage?.began ?? now, error: error,
            nextAttempt: now.advanced(by: self.backoff.next(using: &random)))
        self.outage = outage
        if now > outage.began.advanced(by: self.limits.wait) { self.line.serveAll(.failure(error)) }
    }

    private static nonisolated let closed = PostgresError(code: .lost, message: "the pool is closed")
}
