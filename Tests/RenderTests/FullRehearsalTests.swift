import Docker
import EventLoop
import Glibc
import ServiceTestKit
import Support
import Testing
import Web

@testable import Render

/// A rehearsal in full, whose time passes without being waited for: the engine, `docker` and the service are played.
@Suite("A rehearsal in full")
struct FullRehearsalTests {
    /// The service's answer at a time of the instance, and what came of it.
    private nonisolated static func report(
        _ status: @escaping @Loop @Sendable (Duration) -> Int
    ) async throws -> RehearsalReport {
        Loop.startThread()
        return try await Self.played(status)
    }

    @Loop private static func played(_ status: @escaping @Loop @Sendable (Duration) -> Int) async throws
        -> RehearsalReport
    {
        var now = Loop.now
        let began = now
        var router = Router(filters: [])
        router.on("GET", "/health") { _ in .json([:], status: status(began.duration(to: now))) }
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let service = try HTTPServer(port: 0, log: Log(descriptor: nowhere), router: router)
        let engine = ScriptedServer { _ in
            ScriptedServer.json(#"{"Id": "app", "State": {"Status": "running"}, "Config": {}}"#)
        }
        let result: Result<RehearsalReport, any Error>
        do {
            let clock = RehearsalClock(now: { now }, sleep: { now = now.advanced(by: $0) })
            result = .success(try await Self.rehearse(service.port, engine, clock))
        } catch { result = .failure(error) }
        engine.stop()
        await service.stop(within: .zero)
        return try result.get()
    }

    @Loop private static func rehearse(
        _ port: UInt16, _ engine: ScriptedServer, _ clock: RehearsalClock
    ) async throws -> RehearsalReport {
        let folder = TestFolder()
        try makeProgram(
            """
            #!/bin/sh
            case "$1" in
                inspect) echo '[{"HostPort": "\(port)"}]' ;;
                ps | network) ;;
                *) echo app ;;
            esac
            """, at: "\(folder.path)/docker")
        let blueprint = try Blueprint(
            """
            services:
              - {type: web, name: shop, runtime: docker, healthCheckPath: /health}
            """, file: "render.yaml")
        var options = Rehearsal.Options()
        options.image = "shop"
        options.isFull = true
        let rehearsal = Rehearsal(
            blueprint, try blueprint.service(nil), folder: folder.path, options: options,
            engine: Engine(socketPath: engine.path), environment: ["PATH": "/usr/bin:/bin"]
        ) { _ in }
        rehearsal.world.program = "\(folder.path)/docker"
        rehearsal.clock = clock
        return try await rehearsal.run()
    }

    @Test("waits 15 minutes for a check that passes, and tells then that the deploy is cancelled")
    func cancelled() async throws {
        let report = try await Self.report { _ in 503 }
        #expect(report.problems == ["it was not healthy within 15 minutes"])
        let last = try #require(report.events.last)
        #expect(last.kind == .cancel && last.milliseconds == 900_000 && !last.isProjected, "\(report.events)")
        #expect(!report.isCompressed && !report.events.contains { $0.kind == .skip })
    }

    @Test("takes a version for live whose first check passes in the last of the 15 minutes")
    func lateButWell() async throws {
        let report = try await Self.report { $0 < .seconds(890) ? 503 : 200 }
        let live = try #require(report.events.first { $0.kind == .live })
        #expect((890_000..<900_000).contains(live.milliseconds), "\(report.events)")
        #expect(!report.events.contains { $0.kind == .cancel })
    }
}
