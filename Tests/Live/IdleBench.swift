import Foundation
import Testing

/// What `bench/idle.sh` asks for.
private enum Wanted {
    private static let environment = ProcessInfo.processInfo.environment
    /// The file that gets one line per measurement.
    static let results = Self.environment["BENCH_IDLE_RESULTS"]
    static let seconds = Self.environment["BENCH_SECONDS"].flatMap { Int($0) } ?? 120
    static let rounds = Self.environment["BENCH_RUNS"].flatMap { Int($0) } ?? 3
}

/// The measurements behind `bench/idle.sh`: no test, and skipped unless that script asks for them.
@Suite("idle bench", .serialized, .alone, .enabled(if: Wanted.results != nil))
struct IdleBench {
    @Test("what watching a healthy project costs, beside the loop that people write by hand")
    func watching() async throws {
        try await LiveProject.run(hasShippedHealthchecks: true) { file in
            // As it is looked at from its sixth minute on, without waiting for that.
            for service in ["app", "db"] { file["services.\(service).labels"] = ["selfheal.interval": "4s"] }
        } _: { project in
            for round in 1...Wanted.rounds {
                let watchdog = try await project.watch()
                try self.append("selfheal watch", round, try await self.cost(of: watchdog.child))
                try await watchdog.stop()

                let app = project.name(of: "app")
                let loop = """
                    while sleep 30; do
                        docker inspect --format '{{.State.Health.Status}}' \(app)
                        docker exec \(app) curl -fsS -o /dev/null http://localhost:3000/health/internal
                    done
                    """
                let child = try Child(
                    ["bash", "-c", loop], environment: project.environment, directory: project.folder,
                    stdout: "/dev/null", stderr: "/dev/null")
                let cost = try await self.cost(of: child)
                await child.destroy()
                try self.append("shell loop", round, cost)
            }
        }
    }

    @Test("how many requests the backend answers, beside nginx with a fixed answer")
    func serving() async throws {
        try await LiveProject.run(
            .shipped,
            { file in file["services.app.environment.TRUSTED_PROXIES"] = Crowd.proxies }
        ) { project in
            try await NginxPeer.run(in: project.folder) { peer in
                let app = try await project.container("app").pid
                for round in 1...Wanted.rounds {
                    // Each on its own loopback: the backend's is the container's.
                    for path in ["/health/live", "/health/internal", "/health"] {
                        let rate = try await self.rate("http://127.0.0.1:3000\(path)", inNetworkOf: app, project)
                        try self.append(path, round, [rate])
                    }
                    let rate = try await self.rate("http://127.0.0.1:\(peer)/", inNetworkOf: getpid(), project)
                    try self.append("nginx", round, [rate])
                }
            }
        }
    }

    /// Percent of a core, resident kB, wake-ups per second.
    private func cost(of child: Child) async throws -> [Double] {
        let before = try ProcessCost(of: child.pid)
        let began = ContinuousClock.now
        try await Task.sleep(for: .seconds(Wanted.seconds))
        let after = try ProcessCost(of: child.pid)
        let seconds = began.duration(to: .now).inSeconds
        let cpu = after.cpu + after.childrenCPU - before.cpu - before.childrenCPU
        return [cpu / seconds * 100, Double(after.memory), Double(after.wakeups - before.wakeups) / seconds]
    }

    /// Requests per second.
    private func rate(_ url: String, inNetworkOf pid: pid_t, _ project: LiveProject) async throws -> Double {
        let output = try await Crowd.ask(url, connections: 32, seconds: 5, inNetworkOf: pid)
        let line = output.split(separator: "\n").first { $0.hasPrefix("Requests/sec:") }
        guard let rate = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw Trouble("no rate in: \(output)")
        }
        return rate
    }

    private func append(_ what: String, _ round: Int, _ numbers: [Double]) throws {
        guard let path = Wanted.results else { return }
        let fields = [what, String(round)] + numbers.map { String(format: "%.3f", $0) }
        try appendLine(fields.joined(separator: "\t"), to: path)
    }
}

/// nginx as it comes, with one worker and one answer.
private enum NginxPeer {
    static func run(in folder: String, _ body: (Int) async throws -> Void) async throws {
        let port = try HeldPort().number
        let settings = """
            daemon off; worker_processes 1; pid \(folder)/nginx.pid; error_log stderr;
            events {}
            http {
                access_log off;
                server { listen 127.0.0.1:\(port); location / { return 200 '{"status":"pass"}'; } }
            }
            """
        try Data(settings.utf8).write(to: URL(filePath: "\(folder)/nginx.conf"))
        let nginx = try Child(
            ["nginx", "-c", "\(folder)/nginx.conf"], environment: ProcessInfo.processInfo.environment,
            directory: folder, stdout: "\(folder)/nginx.log", stderr: "\(folder)/nginx.log")
        let result: Result<Void, any Error>
        do {
            try await eventually("nginx to answer", within: .seconds(10)) { await ask("/", port: port) == 200 }
            try await body(port)
            result = .success(())
        } catch {
            result = .failure(Trouble("\(error)\n\(textOfFile("\(folder)/nginx.log"))"))
        }
        await nginx.destroy()
        try result.get()
    }
}
