import ServiceTestKit

/// The program itself, as its own process.
struct BackendProcess: Sendable {
    static let secrets = [
        "ACCESS_TOKEN_SECRET": "access-secret-of-the-test-0123456789",
        "SUPABASE_SERVICE_KEY": "service-key-of-the-test",
        "REFRESH_TOKEN_SECRET": "refresh-secret-of-the-test-0123456789",
    ]

    /// The program that was built together with the tests.
    static let program = builtProgram("gammonguru")

    let child: ChildProcess
    let port: UInt16
    /// Ends it when this process has ended first, however that came: what a suite shares is never released. By its port, as
    /// another process may have its number by then.
    private let keeper: ChildProcess

    init(child: ChildProcess, port: UInt16) throws {
        self.child = child
        self.port = port
        self.keeper = try ChildProcess(
            "/bin/sh",
            [
                "-c",
                "read -r _; tr '\\0' '\\n' </proc/\(child.id)/environ | grep -qx PORT=\(port) && kill -KILL \(child.id)",
            ],
            environment: ["PATH": "/usr/bin:/bin"])
    }

    static func environment(_ database: String, port: UInt16) -> [String: String] {
        Self.secrets.merging(
            [
                "NODE_ENV": "production", "PORT": String(port), "DATABASE_URL": database,
                "SUPABASE_URL": "https://x.supabase.co", "GIT_COMMIT": "abc123",
                // So that a test can be many clients.
                "TRUSTED_PROXIES": "127.0.0.1",
            ]) { $1 }
    }

    /// Starts `gammonguru serve` with `more` settings, on a free port unless they name one.
    static func start(_ database: String, with more: [String: String] = [:]) throws -> BackendProcess {
        let port = try more["PORT"].flatMap { UInt16($0) } ?? RawClient.freePort()
        let environment = Self.environment(database, port: port).merging(more) { $1 }
        let child = try ChildProcess(Self.program, environment: environment)
        return try BackendProcess(child: child, port: port)
    }

    /// Starts it with no more than `descriptorsMax` file descriptors.
    static func start(_ database: String, descriptorsMax: Int) throws -> BackendProcess {
        let port = try RawClient.freePort()
        let child = try ChildProcess(
            "/bin/sh", ["-c", "ulimit -n \(descriptorsMax); exec \"$0\"", Self.program],
            environment: Self.environment(database, port: port))
        return try BackendProcess(child: child, port: port)
    }

    /// Starts it and returns when `/health/internal` answers 200.
    static func startHealthy(_ database: String) async throws -> BackendProcess {
        let backend = try Self.start(database)
        guard try await backend.becomes(200, within: .seconds(10)) else {
            throw TestKitError("not healthy: \(backend.child.text)")
        }
        return backend
    }

    func get(_ path: String) async throws -> RawClient.Answer { try await RawClient.get(path, port: self.port) }

    /// Asks every few milliseconds until the status is `status`; false when `limit` passed first.
    func becomes(_ status: Int, _ path: String = "/health/internal", within limit: Duration) async throws -> Bool {
        let port = self.port
        return try await eventually(within: limit) {
            guard let client = try? RawClient(port: port) else { return false }
            client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n")
            return client.answer(within: .seconds(3))?.status == status
        }
    }

    /// Runs a command of the program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (status: Int32, text: String) {
        try await onThread {
            try ChildProcess.run(Self.program, arguments, environment: environment, within: .seconds(20))
        }
    }
}
