import Glibc
public import Postgres

/// A PostgreSQL server of the test's own, from Debian's `postgresql-15`: a new cluster in a temporary folder, on a free
/// port of loopback. Ends, and its folder goes, with this object or with this process, however that ends.
public final class PostgresServer: @unchecked Sendable {
    // `@unchecked Sendable`: `keeper` is only replaced by `start` and `stop`, which a test calls one after the other.
    private static let programs = "/usr/lib/postgresql/15/bin"
    public static let password = "the-pass-of-the-test"

    public let port: UInt16
    private let folder: String
    private var keeper: ChildProcess?

    /// Makes a cluster and, unless told otherwise, starts it. Takes about a second.
    public static func make(started: Bool = true) async throws -> PostgresServer {
        try await onThread {
            let server = try PostgresServer()
            if started { try server.start() }
            return server
        }
    }

    private init() throws {
        var template = Array("/tmp/test-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestKitError("no temporary folder: \(errno)") }
        self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.port = try RawClient.freePort()
        chmod(self.folder, 0o755)
        let script = """
            set -e
            echo \(Self.password) > \(self.folder)/password
            mkdir -m 700 \(self.folder)/data
            \(Self.asUser) chown postgres \(self.folder)/data 2>/dev/null || true
            [ $(id -u) != 0 ] || chown -R postgres \(self.folder)
            \(Self.asUser) \(Self.programs)/initdb -D \(self.folder)/data -U tester --pwfile=\(self.folder)/password \
                -A scram-sha-256 --no-sync --no-instructions --encoding=UTF8 --locale=C
            """
        let made = try ChildProcess.run("/bin/sh", ["-c", script], environment: Self.environment, within: .seconds(30))
        guard made.status == 0 else { throw TestKitError("no cluster, is postgresql-15 installed? \(made.text)") }
    }

    deinit {
        self.thaw()
        try? self.stop()
        _ = try? ChildProcess.run("/bin/rm", ["-rf", self.folder], within: .seconds(10))
    }

    /// PostgreSQL refuses to run as root.
    private static var asUser: String {
        getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""
    }

    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"]

    /// Starts the server and returns when it answers.
    public func start() throws {
        // The shell outlives the server. It ends it when it is told to, and also removes the folder when its input
        // closes, which it does when this process dies.
        let script = """
            \(Self.asUser) \(Self.programs)/postgres -D \(self.folder)/data -p \(self.port) -k \(self.folder)/data \
                -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=60 \
                -c log_statement=all -c log_connections=on -c autovacuum=off -c shared_buffers=64MB \
                < /dev/null >> \(self.folder)/log 2>&1 &
            server=$!
            read -r order
            kill -QUIT $server; kill -CONT $server
            wait $server
            [ "$order" = stop ] || rm -rf \(self.folder)
            """
        self.keeper = try ChildProcess("/bin/sh", ["-c", script], environment: Self.environment)
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while (try? self.sql("select 1")) != "1" {
            guard ContinuousClock.now < deadline else { throw TestKitError("the server does not start: \(self.log)") }
            usleep(20_000)
        }
    }

    /// Ends the server at once, as `pg_ctl stop -m immediate` does.
    public func stop() throws {
        guard let keeper = self.keeper else { return }
        keeper.write("stop\n")
        guard keeper.waitForExit(within: .seconds(10)) != nil else { throw TestKitError("the server does not end") }
        self.keeper = nil
    }

    /// Kills every process of the server where it stands, as a crash of it does; ``start()`` brings it back.
    public func kill() throws {
        let killed = self.signal(SIGKILL)
        try self.stop()
        // Their shared memory is theirs until the last has gone, and no new server starts beside it.
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while killed.contains(where: { Self.isAlive($0) }) {
            guard ContinuousClock.now < deadline else { throw TestKitError("a killed server does not end") }
            usleep(2_000)
        }
    }

    /// What the server has logged: each connection and each statement.
    public var log: String { (try? readFile("\(self.folder)/log")) ?? "" }

    /// Lines of the log that contain `text`.
    public func logCount(_ text: String) -> Int { self.log.split(separator: "\n").count { $0.contains(text) } }

    public func url(database: String = "postgres") -> String {
        "postgresql://tester:\(Self.password)@127.0.0.1:\(self.port)/\(database)"
    }

    public func configuration(database: String = "postgres") throws -> PostgresConfiguration {
        try PostgresConfiguration(url: self.url(database: database))
    }

    /// Runs statements through `psql` and returns what it prints, unaligned and without headings.
    @discardableResult
    public func sql(_ statement: String, database: String = "postgres") throws -> String {
        let result = try ChildProcess.run(
            "\(Self.programs)/psql", ["-XAtqc", statement, self.url(database: database)],
            environment: Self.environment, within: .seconds(60))
        guard result.status == 0 else { throw TestKitError(result.text) }
        return result.text.split(separator: "\n").joined(separator: "\n")
    }

    /// Stops every process of the server where it stands. The kernel still takes connections for it.
    public func freeze() { self.signal(SIGSTOP) }

    /// Lets a frozen server go on.
    public func thaw() { self.signal(SIGCONT) }

    /// Returns the processes that were sent it.
    @discardableResult
    private func signal(_ signal: Int32) -> [pid_t] {
        guard let main = (try? readFile("\(self.folder)/data/postmaster.pid"))?.split(separator: "\n").first,
            let main = pid_t(main)
        else { return [] }
        // Listed before: they have another parent when it is gone.
        let children = listDirectory("/proc").compactMap { pid_t($0) }.filter { Self.parent(of: $0) == main }
        for process in [main] + children { Glibc.kill(process, signal) }
        return [main] + children
    }

    /// Whether it still holds anything: what nobody has waited for yet does not.
    private static func isAlive(_ process: pid_t) -> Bool {
        guard let stat = try? readFile("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return false }
        return !stat[end...].hasPrefix(") Z")
    }

    private static func parent(of process: pid_t) -> pid_t? {
        // The name in parentheses may hold spaces.
        guard let stat = try? readFile("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[end...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }
}
