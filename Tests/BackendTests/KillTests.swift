import EventLoop
import Glibc
import ServiceTestKit
import Support
import Testing

@testable import Players

/// Players at full speed while programs are killed under them (`bench/kill.sh` does it more often, with more of them).
@Suite("Killed in the middle of moves", .serialized)
struct KillTests {
    private static let kills = Self.setting("KILLS", 3)
    private static let players = Self.setting("KILL_PLAYERS", 20)
    private static let seed = Self.setting("KILL_SEED", Int.random(in: 1...1_000_000))
    /// For all that has to happen, on the slowest machine.
    private static let limit = Duration.seconds(120)

    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    init() { Loop.startThread() }

    @Test("the backend: no acknowledged move is lost, none is made twice, all come back and every game ends")
    @Loop func backend() async throws {
        let server = try await PostgresServer.make()
        let url = server.url()
        let port = try RawClient.freePort()
        var backend = try await Self.start(url, port: port)
        try await Self.play("backend", port: port) {
            let victim = backend
            victim.kill(SIGKILL)
            _ = try await onThread { victim.waitForExit(within: Self.limit) }
            backend = try BackendProcess.start(url, with: ["PORT": String(port)]).child
        }
        withExtendedLifetime(backend) {}
    }

    @Test("PostgreSQL: no acknowledged move is lost, none is made twice, all come back and every game ends")
    @Loop func database() async throws {
        let server = try await PostgresServer.make()
        let port = try RawClient.freePort()
        let backend = try await Self.start(server.url(), port: port)
        try await Self.play("PostgreSQL", port: port) {
            try await onThread {
                try server.kill()
                try server.start()
            }
        }
        withExtendedLifetime(backend) {}
    }

    @Test("a backend that comes back with another secret has all players refresh their tokens, and nothing is lost")
    @Loop func tokens() async throws {
        let server = try await PostgresServer.make()
        let url = server.url()
        let port = try RawClient.freePort()
        var backend = try await Self.start(url, port: port)
        // What was signed with the old one is no token any more; sessions live on.
        let secret = ["PORT": String(port), "ACCESS_TOKEN_SECRET": "another-access-secret-0123456789012345"]
        try await Self.play("the backend with another secret", port: port, kills: 1) {
            let victim = backend
            victim.kill(SIGKILL)
            _ = try await onThread { victim.waitForExit(within: Self.limit) }
            backend = try BackendProcess.start(url, with: secret).child
        }
        // In the sessions that they had: nobody has logged in anew. Who was through with all matches asked for no more.
        let sessions = try await onThread {
            try server.sql(
                """
                select count(distinct session_id), (select count(*) from sessions) from refresh_tokens
                where replaced_at is not null
                """
            ).split(separator: "|").compactMap { Int($0) }
        }
        try #require(sessions.count == 2)
        #expect(sessions[1] == Self.players)
        #expect(sessions[0] > Self.players / 2)
        withExtendedLifetime(backend) {}
    }

    @Test("players that are told to stop play their matches to the end, check all and say what came of it")
    func stop() async throws {
        let server = try await PostgresServer.make()
        let backend = try await BackendProcess.startHealthy(server.url())
        let url = "http://127.0.0.1:\(backend.port)"
        let players = try ChildProcess(
            builtProgram("players"), ["--url", url, "--players", "6", "--duration", "600"],
            environment: ["PATH": "/usr/bin:/bin"])
        let isPlaying = try await eventually(within: Self.limit) {
            try server.sql("select count(*) > 10 from game_steps") == "t"
        }
        #expect(isPlaying)
        players.kill(SIGTERM)
        let status = try await onThread { players.waitForExit(within: Self.limit) }
        let text = players.text
        #expect(status == 0, "\(text)")
        #expect(text.contains("these matches are the last ones"))
        #expect(text.contains("6 players, "))
        #expect(text.contains("\nlost 0, carried out twice 0, games against the rules 0"))
        // What it says is what is there: every game was played to its end.
        let over = try await onThread {
            try server.sql("select count(*) = count(finished_at), count(*) from games").split(separator: "|")
        }
        #expect(over.first == "t")
        #expect(text.contains("\(over.last ?? "") of \(over.last ?? "") games over"))
        withExtendedLifetime(backend) {}
    }

    private static func start(_ url: String, port: UInt16) async throws -> ChildProcess {
        let backend = try BackendProcess.start(url, with: ["PORT": String(port)])
        let isUp = try await backend.becomes(200, within: Self.limit)
        try #require(isUp, "\(backend.child.text)")
        return backend.child
    }

    /// Lets them play while `kill` is called at random moments, which kills and starts again, and holds what they report.
    @Loop private static func play(
        _ victim: String, port: UInt16, kills: Int = Self.kills, kill: @Loop () async throws -> Void
    ) async throws {
        let url = "http://127.0.0.1:\(port)"
        let run = Run(
            try Options([
                "--url", url, "--players", String(Self.players), "--games", "1000000", "--seed", String(Self.seed),
            ]))
        let play = Task { @Loop in await run.run() }
        var random = SplitMix64(seed: UInt64(Self.seed))
        var times: [Duration] = []
        for _ in 0..<kills {
            guard await Self.isAcknowledged(Self.players, by: run) else { break }
            try await Loop.sleep(for: .milliseconds(Int.random(in: 0...1000, using: &random)))
            let began = Loop.now
            try await kill()
            guard await Self.isAcknowledged(1, by: run) else { break }
            times.append(began.duration(to: Loop.now))
        }
        _ = await Self.isAcknowledged(Self.players, by: run)
        run.stop()
        let report = await play.value
        times.sort()
        print(
            "killed \(victim) \(times.count) times, seed \(Self.seed): from the kill to the next acknowledged command")
        print("median \(times.isEmpty ? .zero : times[times.count / 2]), worst \(times.last ?? .zero)")
        print(report.text)
        #expect(times.count == kills)
        #expect(report.faults == [], "seed \(Self.seed)")
        #expect(report.audit.lost == 0)
        #expect(report.audit.duplicated == 0)
        #expect(report.isWell)
    }

    /// Waits for so many more acknowledged commands.
    private static func isAcknowledged(_ count: Int, by run: Run) async -> Bool {
        let target = await run.figures.acknowledged + count
        return await Self.comes({ run.figures.acknowledged >= target }, of: run)
    }

    /// Waits until `condition` holds; false when that takes too long or the run has met a fault.
    @Loop private static func comes(_ condition: @Loop () -> Bool, of run: Run) async -> Bool {
        let deadline = Loop.now.advanced(by: Self.limit)
        while !condition() {
            guard Loop.now < deadline, run.figures.faults.isEmpty else { return false }
            try? await Loop.sleep(for: .milliseconds(2))
        }
        return true
    }
}
