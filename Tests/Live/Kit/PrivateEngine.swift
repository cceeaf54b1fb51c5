import Foundation

/// A Docker Engine of a test's own, which may be stopped and frozen while everybody else's goes on. It has no network
/// but each container's own loopback, and lives in a network namespace of its own: an engine that is told to have no
/// bridge removes `docker0`, whosever that is.
final class PrivateEngine: Sendable {
    private let folder: String
    /// Where it keeps images and containers.
    var data: String { "\(self.folder)/data" }
    private let runs = Runs()

    private actor Runs {
        var current: Child?
        func set(_ child: Child) { self.current = child }
    }

    var socket: String { "\(self.folder)/docker.sock" }
    var host: String { "unix://\(self.socket)" }
    /// What makes `docker` speak with it.
    var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["DOCKER_HOST": host]) { $1 }
    }

    private let options: [String]

    private init(folder: String, options: [String]) { (self.folder, self.options) = (folder, options) }

    /// Starts an engine that has `image`, runs `body`, and removes all of it.
    ///
    /// - Parameters:
    ///   - diskSize: of a disk of its own, in memory, such as `600m`; nil for the machine's.
    ///   - options: of `dockerd`, beside its own.
    static func run(
        with image: String, diskSize: String? = nil, options: [String] = [],
        _ body: (PrivateEngine) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "live-engine-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let engine = PrivateEngine(folder: folder, options: options)
        let result: Result<Void, any Error>
        do {
            if let diskSize {
                try FileManager.default.createDirectory(atPath: engine.data, withIntermediateDirectories: false)
                try await must(["mount", "-t", "tmpfs", "-o", "size=\(diskSize)", "none", engine.data])
            }
            try await engine.start()
            try await must(
                [
                    "bash", "-c", "set -o pipefail; docker save \"$0\" | DOCKER_HOST=\"$1\" docker load", image,
                    engine.host,
                ],
                within: .seconds(120))
            try await body(engine)
            result = .success(())
        } catch {
            result = .failure(Trouble("\(error)\nthe engine's log ends: \(textOfFile("\(folder)/log").suffix(1_000))"))
        }
        await engine.remove()
        try result.get()
    }

    /// Starts it and waits until it answers.
    func start() async throws {
        let child = try Child(
            [
                "unshare", "--net", "--", "dockerd", "--data-root", self.data, "--exec-root",
                "\(self.folder)/exec", "--pidfile",
                "\(self.folder)/pid", "--host", self.host, "--bridge", "none", "--iptables=false",
            ] + self.options,
            environment: ProcessInfo.processInfo.environment, directory: self.folder, stdout: "\(self.folder)/log",
            stderr: "\(self.folder)/log")
        await self.runs.set(child)
        try await eventually("the engine to answer", within: .seconds(40)) {
            if let code = child.ended { throw Trouble("dockerd ended with \(code)") }
            return try await Live.run(["docker", "version"], environment: self.environment, within: .seconds(10)).code
                == 0
        }
    }

    /// Stops it as a service manager does.
    func stop() async throws {
        guard let child = await self.runs.current else { return }
        child.signal(SIGTERM)
        _ = try await child.end(within: .seconds(30), "dockerd to end")
    }

    func signal(_ signal: Int32) async { await self.runs.current?.signal(signal) }

    private func remove() async {
        await self.signal(SIGCONT)
        try? await self.stop()
        await self.runs.current?.destroy()
        // Its containerd and what that keeps for containers name the folder, whose name is like no other.
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for pid in processes.compactMap({ pid_t($0) }) where textOfFile("/proc/\(pid)/cmdline").contains(self.folder) {
            kill(pid, SIGKILL)
        }
        for mount in textOfFile("/proc/self/mounts").split(separator: "\n").reversed() {
            let path = mount.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            if path.hasPrefix(self.folder) { umount2(path, Int32(MNT_DETACH)) }
        }
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
