import Foundation
import Testing

@Suite("an engine that goes away", .serialized, .shared)
struct EngineOutageTests {
    private static let image = "debian:bookworm-slim"

    /// A project whose `app` is a stand-in: the engine has no network that the real one could reach its database by.
    private func withProject(
        options: [String] = [], _ body: (LiveProject, PrivateEngine) async throws -> Void
    ) async throws {
        let server = #"""
            use IO::Socket::INET; $SIG{TERM} = sub { exit 0 };
            my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:3000", Listen => 64, ReuseAddr => 1) or die $!;
            while (my $client = $listener->accept) {
                while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
                print $client "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                close $client;
            }
            """#
        let check = #"exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && grep -q 200 <&3"#
        let app: [String: Any] = [
            "image": Self.image, "network_mode": "none", "restart": "always", "pull_policy": "never",
            // For Compose a dollar is a variable.
            "command": ["perl", "-e", server.replacing("$", with: "$$")],
            "healthcheck": ["test": ["CMD", "bash", "-c", check], "interval": "2s", "timeout": "2s", "retries": 3],
        ]
        let name = LiveProject.freshName()
        let file = ComposeFile(root: ["name": name, "services": ["app": app]])
        try await PrivateEngine.run(with: Self.image, options: options) { engine in
            try await LiveProject.run(name, file, environment: ["DOCKER_HOST": engine.host], isStarted: false) {
                project in
                try await project.compose("up", "--detach", "--wait", "--wait-timeout", "60")
                try await body(project, engine)
            }
        }
    }

    @Test("because it was stopped for 20 s is told once, nothing is healed meanwhile, and within 5 s it goes on")
    func stopped() async throws {
        try await self.withProject { project, engine in
            let watchdog = try await project.watch()
            try await engine.stop()
            try await Task.sleep(for: .seconds(20))
            #expect(watchdog.journal.lines("engine_lost").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.child.ended == nil)
            try await engine.start()
            let back = ContinuousClock.now
            try await watchdog.journal.wait(for: "engine_back", within: .seconds(6))
            #expect(back.duration(to: .now) <= .seconds(5))
            try await project.waitUntilHealthy("app")
            try await self.expectNothingButTheOutage(watchdog)

            try await project.signal("app", SIGSTOP)
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(40))
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test(
        "because it is frozen for 20 s is told once, nothing is healed meanwhile, and what happened in it is not missed"
    )
    func frozen() async throws {
        try await self.withProject { project, engine in
            let watchdog = try await project.watch()
            await engine.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(20))
            await engine.signal(SIGCONT)
            #expect(watchdog.journal.lines("engine_lost").count == 1, "\(watchdog.journal.text)")
            try await watchdog.journal.wait(for: "engine_back", within: .seconds(5))
            try await self.expectNothingButTheOutage(watchdog)

            let app = try await project.container("app")
            await engine.signal(SIGSTOP)
            try await watchdog.journal.wait(for: "engine_lost", count: 2, within: .seconds(15))
            kill(app.pid, SIGKILL)
            try await Task.sleep(for: .seconds(5))
            await engine.signal(SIGCONT)
            try await watchdog.journal.wait(for: "engine_back", count: 2, within: .seconds(5))
            try await watchdog.journal.waitUntilHealed("app", by: "restarted_by_engine", within: .seconds(40))
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            #expect(try await project.container("app").started != app.started)
            try await watchdog.stop()
        }
    }

    @Test(
        "E3: restarted with live-restore and a health log that stands still: that is said, and the own probe is enough"
    )
    func liveRestore() async throws {
        try await self.withProject(options: ["--live-restore"]) { project, engine in
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            let before = try await project.container("app")
            try await engine.stop()
            try await engine.start()
            try await watchdog.journal.wait(for: "engine_back", within: .seconds(15))
            #expect(try await project.container("app").pid == before.pid)
            // Without what starts a check in the container, the engine waits for the end of its last one for ever.
            let keeper = try self.parent(of: before.pid)
            kill(keeper, SIGSTOP)
            defer { kill(keeper, SIGCONT) }
            try await watchdog.journal.wait(for: "stale_health", "app", within: .seconds(40))
            #expect(try await project.container("app").health == "healthy")
            #expect(watchdog.journal.lines("detected").isEmpty, "\(watchdog.journal.text)")
            try await project.signal("app", SIGSTOP)
            let detected = try await watchdog.journal.wait(for: "detected", "app", within: .seconds(20))
            #expect(detected["cause"] == "frozen", "\(detected)")
            kill(keeper, SIGCONT)
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
            try await watchdog.stop()
        }
    }

    private func parent(of process: pid_t) throws -> pid_t {
        let line = textOfFile("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
        // 1 and less would stand for many others.
        guard let parent = line.flatMap({ pid_t($0.filter(\.isNumber)) }), parent > 1 else {
            throw Trouble("no parent of \(process)")
        }
        return parent
    }

    private func expectNothingButTheOutage(_ watchdog: RunningWatchdog) async throws {
        // Longer than it takes to confirm a failure.
        try await Task.sleep(for: .seconds(8))
        let events = watchdog.journal.lines.map(\.event).filter { $0 != "image_verified" }
        #expect(events == ["watch_started", "engine_lost", "engine_back"], "\(watchdog.journal.text)")
        #expect(watchdog.child.ended == nil)
    }
}
