import Foundation
import Glibc
import Support
import Testing

/// Projects and containers that know nothing of ours: a shell that is sick while `/tmp/sick` is there, until it is
/// restarted.
@Suite("any project", .shared)
struct AnyProjectTests {
    private static let image = "debian:bookworm-slim"
    /// What a sick one's healthcheck says: all that could break a journal or a webhook, and a secret.
    private static let check =
        #"test ! -e /tmp/sick || { printf 'said "x"\n$(reboot) token=s3cr3t'; head -c 65536 /dev/zero | tr '\0' x; exit 1; }"#

    private static func shell(onTerm: String) -> String {
        "rm -f /tmp/sick; trap '\(onTerm)' TERM; while :; do sleep 1 & wait $!; done"
    }

    private func service(
        _ labels: [String: String] = [:], isChecked: Bool = true, onTerm: String = "exit 0"
    ) -> [String: Any] {
        // In a compose file a dollar sign is written twice.
        func escaped(_ text: String) -> String { text.replacing("$", with: "$$") }
        var service: [String: Any] = [
            "image": Self.image, "init": true, "stop_grace_period": "3s", "labels": labels,
            "command": ["sh", "-c", escaped(Self.shell(onTerm: onTerm))],
        ]
        if isChecked {
            service["healthcheck"] = [
                "test": ["CMD-SHELL", escaped(Self.check)], "interval": "1s", "retries": 2,
            ]
        }
        return service
    }

    /// One that ends with `code` as soon as `/tmp/end` is there.
    private func job(code: Int, restart: String, isChecked: Bool) -> [String: Any] {
        self.service(isChecked: isChecked).merging([
            "restart": restart,
            "command": ["sh", "-c", "rm -f /tmp/end; while ! test -e /tmp/end; do sleep 1; done; exit \(code)"],
        ]) { $1 }
    }

    private func project(
        _ services: [String: Any], _ body: (LiveProject) async throws -> Void
    ) async throws {
        let name = LiveProject.freshName()
        let file = ComposeFile(root: ["name": name, "services": services])
        try await LiveProject.run(name, file, environment: [:], isStarted: false) { project in
            try await project.compose("up", "--detach", "--wait", "--wait-timeout", "60")
            try await body(project)
        }
    }

    /// A container of no project, removed whatever happens.
    ///
    /// - Parameter engine: where it runs; nil for everybody's.
    private func container(
        _ labels: [String], onTerm: String = "exit 0", on engine: PrivateEngine? = nil,
        _ body: (_ name: String) async throws -> Void
    ) async throws {
        let name = LiveProject.freshName()
        let environment = engine?.environment ?? ProcessInfo.processInfo.environment
        try await must(
            ["docker", "run", "--detach", "--init", "--network", "none", "--name", name]
                + labels.flatMap { ["--label", $0] } + [
                    "--health-interval", "1s", "--health-retries", "2", "--health-cmd", Self.check, Self.image, "sh",
                    "-c", Self.shell(onTerm: onTerm),
                ], environment: environment)
        let result: Result<Void, any Error>
        do { result = .success(try await body(name)) } catch { result = .failure(error) }
        _ = try? await run(["docker", "rm", "--force", "--volumes", name], environment: environment)
        try result.get()
    }

    /// Runs `body` while a container a second comes and goes.
    private func whilePassing(
        _ labels: [String], on engine: PrivateEngine? = nil, _ body: () async throws -> Void
    ) async throws {
        let environment = engine?.environment ?? ProcessInfo.processInfo.environment
        let mark = "passer=\(LiveProject.freshName())"
        let options = ["--rm", "--network", "none"] + ([mark] + labels).flatMap { ["--label", $0] }
        let passers = Task {
            while !Task.isCancelled {
                _ = try await run(["docker", "run"] + options + [Self.image, "false"], environment: environment)
                try await Task.sleep(for: .seconds(1))
            }
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        passers.cancel()
        _ = await passers.result
        // One whose start was cut off.
        let left = try? await run(
            ["docker", "ps", "--all", "--quiet", "--filter", "label=\(mark)"], environment: environment)
        for id in (left?.stdout ?? "").split(separator: "\n").map(String.init) {
            _ = try? await run(["docker", "rm", "--force", "--volumes", id], environment: environment)
        }
        try result.get()
    }

    private func started(_ container: String) async throws -> String {
        try await must(["docker", "inspect", "--format", "{{.State.StartedAt}}", container])
    }

    /// Makes it sick and waits until Docker says so.
    private func makeUnhealthy(_ container: String, _ environment: [String: String]) async throws {
        try await must(["docker", "exec", container, "touch", "/tmp/sick"], environment: environment)
        try await eventually("\(container) to be unhealthy", within: .seconds(30)) {
            let format = ["docker", "inspect", "--format", "{{.State.Health.Status}}"]
            return try await must(format + [container], environment: environment).hasPrefix("unhealthy")
        }
    }

    /// Past the engine, as the kernel would.
    private func kill(_ container: String) async throws {
        let pid = try await must(["docker", "inspect", "--format", "{{.State.Pid}}", container])
        // 0 and -1 would stand for many others.
        guard let pid = pid_t(pid.filter(\.isNumber)), pid > 1, Glibc.kill(pid, SIGKILL) == 0 else {
            throw Trouble("no process of \(container) to kill")
        }
    }

    private func makeSick(_ container: String) async throws {
        try await must(["docker", "exec", container, "touch", "/tmp/sick"])
    }

    @Test("all of its services are healed, but for who opts out; who has no healthcheck is named and watched for exits")
    func allServices() async throws {
        let services: [String: Any] = [
            "web": self.service(["selfheal.intervall": "5s"]), "quiet": self.service(isChecked: false),
            "off": self.service(["selfheal.enable": "False"]),
            "seed": self.job(code: 1, restart: "no", isChecked: false),
            "batch": self.job(code: 0, restart: "on-failure", isChecked: true),
        ]
        try await self.project(services) { project in
            // E6: the same service of another project.
            let foreign = [
                "com.docker.compose.project=\(project.name)-2", "com.docker.compose.service=web",
                "com.docker.compose.config-hash=1",
            ]
            try await self.container(foreign) { other in
                let watchdog = try await project.watch("--all")
                let before = [try await self.started(other), try await self.started(project.name(of: "off"))]
                for name in [other, project.name(of: "off"), project.name(of: "web")] { try await self.makeSick(name) }
                try await watchdog.journal.waitUntilHealed("web", by: "action", within: .seconds(60))
                try await self.kill(project.name(of: "quiet"))
                try await watchdog.journal.wait(for: "action_succeeded", "quiet", within: .seconds(30))
                #expect(Set(watchdog.journal.lines("no_healthcheck").map(\.service)) == ["quiet", "seed"])
                let warning = watchdog.journal.lines("settings_warning").first?["warning"]
                #expect(warning?.contains("selfheal.intervall") == true && warning?.contains("did you mean") == true)
                #expect(!watchdog.journal.text.contains("s3cr3t"))
                #expect([try await self.started(other), try await self.started(project.name(of: "off"))] == before)
                try await self.explain(project)
                try await self.operate(project, watchdog)
                try await self.endJobs(project, watchdog)
                try await watchdog.stop()
                let alone = try await project.selfheal("status")
                #expect(alone.stderr.contains("no service \"app\"") && alone.stdout.contains("web"), "\(alone.text)")
            }
        }
    }

    /// An operator names the service alone, whether or not there is one called `app`.
    private func operate(_ project: LiveProject, _ watchdog: RunningWatchdog) async throws {
        let paused = try await project.selfheal("pause", "web", "--for", "5m")
        #expect(paused.code == 0, "\(paused.text)")
        let log = ["LOG_FILE": watchdog.journal.path]
        let status = try await project.selfheal("status", with: log)
        #expect(status.stdout.contains("quiet") && status.stdout.contains("PAUSED until"), "\(status.text)")
        #expect(status.stderr.isEmpty, "\(status.text)")
        #expect(watchdog.journal.lines("no_healthcheck").count == 2, "who only looks leaves no line")
        let refused = try await project.selfheal("heal", "web")
        #expect(refused.code == 16, "\(refused.text)")
        let resumed = try await project.selfheal("resume")
        #expect(resumed.code == 0, "\(resumed.text)")
        let unknown = try await project.selfheal("pause", "wbe")
        #expect(unknown.code == 6 && unknown.stderr.contains("quiet, seed, web"), "\(unknown.text)")
    }

    /// What a job leaves when it ends is left so, with work done or not, and said once.
    private func endJobs(_ project: LiveProject, _ watchdog: RunningWatchdog) async throws {
        let names = ["seed", "batch"].map(project.name(of:))
        let before = [try await self.started(names[0]), try await self.started(names[1])]
        for name in names { try await must(["docker", "exec", name, "touch", "/tmp/end"]) }
        let failed = try await watchdog.journal.wait(for: "stand_down", "seed", within: .seconds(20))
        let done = try await watchdog.journal.wait(for: "left_alone", "batch", within: .seconds(20))
        #expect(failed["reason"] == "ended" && done["reason"] == "completed")
        try await Task.sleep(for: .seconds(15))
        #expect([try await self.started(names[0]), try await self.started(names[1])] == before)
        for event in ["detected", "stand_down", "left_alone"] {
            let services = watchdog.journal.lines(event).compactMap(\.service).filter(["seed", "batch"].contains)
            #expect(services == [event == "left_alone" ? "batch" : "seed"], "\(watchdog.journal.text)")
        }
    }

    private struct Explanation: Decodable {
        struct Value: Decodable { let name: String, value: String, source: String }
        struct Replica: Decodable { let waitsFor: String }
        let isWatched: Bool
        let values: [Value]
        let replicas: [Replica]
    }

    @Test("explain tells of a service of a project where each value is from, how it is, and what it waits for")
    func explained() async throws {
        let labels = [
            "selfheal.health-url": "http://localhost:8080/up", "selfheal.retries": "5", "selfheal.timeout": "700ms",
        ]
        var web = self.service(labels)
        web["depends_on"] = ["base": ["condition": "service_healthy"]]
        var base = self.service()
        var check = base["healthcheck"] as? [String: Any] ?? [:]
        // Or it would be said to start for 30 s.
        check["start_period"] = "1s"
        base["healthcheck"] = check
        try await self.project(["web": web, "base": base]) { project in
            let explained = try await project.selfheal("explain", "web", "--json")
            #expect(explained.code == 0, "\(explained.stderr)")
            let web = try JSONDecoder().decode(Explanation.self, from: Data(explained.stdout.utf8))
            let values = Dictionary(web.values.map { ($0.name, [$0.value, $0.source]) }, uniquingKeysWith: { $1 })
            #expect(values["health URL"] == ["http://localhost:8080/up", "label selfheal.health-url"])
            #expect(values["retries"] == ["5", "label selfheal.retries"])
            #expect(values["timeout"] == ["0.7s", "label selfheal.timeout"])
            #expect(values["depends on"] == ["base", "compose file"])
            #expect(values["docker healthcheck pace"] == ["every 1s, timeout 30s, 2 retries", "container"])
            #expect(values["sweep"] == ["30s", "default"])

            try await self.makeUnhealthy(project.name(of: "base"), project.environment)
            let base = try await project.selfheal("explain", "base", with: ["SERVICE_NAME": "*"])
            #expect(base.code == 0, "\(base.text)")
            #expect(base.stdout.hasPrefix("base of \(project.name): watched, "), "\(base.text)")
            #expect(base.stdout.contains("bad: unhealthy"), "\(base.text)")
            #expect(base.stdout.contains("a watchdog: none runs"), "\(base.text)")
            let missing = try await project.selfheal("explain", "bas")
            #expect(missing.code == 6 && missing.stderr.contains("base, web"), "\(missing.text)")
        }
    }

    /// Every value names its source, and what is left out says why.
    private func explain(_ project: LiveProject) async throws {
        let output = try await project.selfheal("explain", "web", "--json", with: ["INTERVAL_SECONDS": "20"])
        #expect(output.code == 0, "\(output.stderr)")
        let web = try JSONDecoder().decode(Explanation.self, from: Data(output.stdout.utf8))
        let values = Dictionary(web.values.map { ($0.name, [$0.value, $0.source]) }, uniquingKeysWith: { $1 })
        #expect(web.isWatched && web.replicas.count == 1 && web.values.allSatisfy { !$0.source.isEmpty })
        #expect(values["sweep"] == ["20s", "environment INTERVAL_SECONDS"])
        #expect(values["stop grace"] == ["3s", "container"])
        #expect(values["interval"] == ["4s", "default"])
        #expect(values["interval at first"] == ["1s for 300s after a start or trouble", "default"])
        let off = try await project.selfheal("explain", "off")
        #expect(off.code == 6 && off.stderr.contains("selfheal.enable"), "\(off.text)")
    }

    @Test(
        "a person who stops or replaces it while it is being restarted has the last word",
        arguments: [["stop", "web"], ["up", "--detach", "--force-recreate"]])
    func meanwhile(words: [String]) async throws {
        try await self.project(["web": self.service(onTerm: "")]) { project in
            let watchdog = try await project.watch("--all")
            let before = try await self.started(project.name(of: "web"))
            try await self.makeSick(project.name(of: "web"))
            try await watchdog.journal.wait(for: "action", "web", within: .seconds(20))
            try await Task.sleep(for: .milliseconds(500))
            try await must(
                ["docker", "compose", "-f", LiveProject.composeFile] + words, environment: project.environment,
                directory: project.folder, within: .seconds(90))
            if words[0] == "stop" {
                let line = try await watchdog.journal.wait(for: "stand_down", "web", within: .seconds(10))
                #expect(line["reason"] == "stopped_by_a_person")
                try await Task.sleep(for: .seconds(8))
                #expect(try await project.container("web").state == "exited")
                try await project.compose("start", "web")
            }
            try await project.waitUntilHealthy("web")
            try await Task.sleep(for: .seconds(8))
            #expect(try await self.started(project.name(of: "web")) != before)
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    /// E7 and B15 with containers of no project.
    @Test("containers are healed by their label and told of by webhook, whatever comes and goes beside them")
    func byLabel() async throws {
        let label = "live" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let hook = try WebhookEar()
        try await self.container(["\(label)=true", "autoheal.stop.timeout=1"], onTerm: "") { deaf in
            try await self.container(["\(label)=false"]) { other in
                try await self.project(["idle": self.service(isChecked: false)]) { project in
                    let watchdog = try await project.watch(
                        "--label", label,
                        with: [
                            "WEBHOOK_URL": "http://127.0.0.1:\(hook.port)/hook",
                            // No sweep helps.
                            "AUTOHEAL_INTERVAL": "3600",
                        ])
                    let before = try await self.started(other)
                    // One that comes later is found too.
                    try await self.container(["\(label)=True"]) { late in
                        // Their label lets the engine tell of them; that they are not meant we have to see ourselves.
                        try await self.whilePassing(["\(label)=false"]) {
                            for name in [deaf, other, late] { try await self.makeSick(name) }
                            let story = try await watchdog.journal.waitUntilHealed(
                                deaf, by: "action", within: .seconds(60))
                            #expect(story.first { $0.event == "action" }?["grace"] == "1s")
                            try await watchdog.journal.waitUntilHealed(late, by: "action", within: .seconds(60))
                            let services = Set(
                                watchdog.journal.lines.filter { $0.event != "watch_started" }.compactMap(\.service))
                            #expect(services == [deaf, late], "\(watchdog.journal.text)")
                        }
                    }
                    #expect(try await self.started(other) == before)
                    let paused = try await project.selfheal("pause", deaf, "--label", label)
                    #expect(paused.code == 0 && paused.stdout.contains("--label \(label)`"), "\(paused.text)")
                    let refused = try await project.selfheal("heal", deaf, "--label", label)
                    #expect(refused.code == 16 && refused.stderr.contains("paused"), "\(refused.text)")
                    let resumed = try await project.selfheal("resume", deaf, "--label=\(label)")
                    #expect(resumed.code == 0, "\(resumed.text)")
                    #expect(!watchdog.journal.text.contains("s3cr3t"))
                    try await self.expectTold(hook, of: deaf)
                    try await watchdog.stop()
                }
            }
        }
    }

    /// As autoheal's image is run: the command is ours, all else that tool's variables. On an engine of its own, as on
    /// everybody's `all` would heal what others have there.
    @Test("with `all`, a container without a label is healed, when and as patiently as autoheal's variables say")
    func everyContainer() async throws {
        try await PrivateEngine.run(with: Self.image) { engine in
            try await self.container([], onTerm: "", on: engine) { plain in
                try await self.container(["autoheal.stop.timeout=1"], onTerm: "", on: engine) { own in
                    let name = LiveProject.freshName()
                    let empty = ComposeFile(root: ["name": name, "services": [String: Any]()])
                    try await LiveProject.run(name, empty, environment: engine.environment, isStarted: false) {
                        project in
                        for sick in [plain, own] { try await self.makeUnhealthy(sick, engine.environment) }
                        try await self.expectAutoheal(project, engine, plain: plain, own: own)
                    }
                }
            }
        }
    }

    private func expectAutoheal(
        _ project: LiveProject, _ engine: PrivateEngine, plain: String, own: String
    ) async throws {
        let proxy = try FaultyEngineProxy(in: project.folder, to: engine.socket, .init())
        defer { proxy.close() }
        let began = Timestamp.now
        let watchdog = try await project.watch(
            "--label", "autoheal",
            with: [
                "AUTOHEAL_CONTAINER_LABEL": "all", "AUTOHEAL_START_PERIOD": "5", "AUTOHEAL_DEFAULT_STOP_TIMEOUT": "3",
                "AUTOHEAL_INTERVAL": "1", "DOCKER_HOST": "unix://\(proxy.path)",
            ])
        // Those that end are in it too, and are nobody's concern.
        try await self.whilePassing([], on: engine) {
            for (container, grace) in [(plain, 3), (own, 1)] {
                try await watchdog.journal.waitUntilHealed(container, by: "action", within: .seconds(60))
                let action = try #require(watchdog.journal.lines("action", container).first)
                let done = try #require(watchdog.journal.lines("action_succeeded", container).first)
                #expect(action.time - began >= .seconds(5), "\(began) \(watchdog.journal.text)")
                #expect(action["grace"] == "\(grace)s", "\(action)")
                // Neither hears the signal: it gets its whole grace and no more, beside the evidence and the start.
                let patience = Duration.seconds(grace)...Duration.seconds(grace + 5)
                #expect(patience ~= done.time - action.time, "\(watchdog.journal.text)")
            }
        }
        #expect(Set(watchdog.journal.lines("action").compactMap(\.service)) == [plain, own])
        // With autoheal's own default of 5 s there would be two at most.
        let before = proxy.lists
        try await Task.sleep(for: .seconds(6))
        #expect(proxy.lists - before >= 4)
        try await watchdog.stop()
    }

    /// Who comes from autoheal changes the image's name and nothing else: variables, label and socket are that tool's.
    @Test("the image heals the containers with autoheal's label, and only those")
    func image() async throws {
        let name = LiveProject.freshName()
        let folder = NSTemporaryDirectory() + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let result: Result<Void, any Error>
        do {
            // The program that is tested, not one that is built for this.
            try FileManager.default.copyItem(atPath: Live.selfheal, toPath: "\(folder)/selfheal")
            try Data("FROM scratch\nCOPY selfheal /\n".utf8).write(to: URL(filePath: "\(folder)/Dockerfile"))
            try await must(["docker", "build", "--quiet", "--tag", "\(name):program", folder])
            try await must(
                [
                    "docker", "build", "--quiet", "--target", "selfheal", "--build-arg",
                    "SELFHEAL_BINARY=\(name):program", "--tag", "\(name):image", repository,
                ], within: .seconds(300))
            try await self.container(["autoheal=true"]) { marked in
                try await self.container([]) { other in
                    try await must([
                        "docker", "run", "--detach", "--name", name, "--volume",
                        "/var/run/docker.sock:/var/run/docker.sock", "--env", "AUTOHEAL_INTERVAL=2", "\(name):image",
                    ])
                    let before = try await self.started(other)
                    for sick in [marked, other] { try await self.makeSick(sick) }
                    try await eventually("the marked one healed", within: .seconds(60)) {
                        let log = try await run(["docker", "logs", name]).stdout
                        return log.contains("event=healed service=\(marked) ") ? () : nil
                    }
                    #expect(try await self.started(other) == before)
                }
            }
            result = .success(())
        } catch { result = .failure(error) }
        _ = try? await run(["docker", "rm", "--force", name])
        _ = try? await run(["docker", "image", "rm", "\(name):image", "\(name):program"])
        try? FileManager.default.removeItem(atPath: folder)
        try result.get()
    }

    /// The first message came, in one piece, and its lack of an answer has held up nothing.
    private func expectTold(_ hook: WebhookEar, of container: String) async throws {
        let body = try await eventually("a message at the webhook", within: .seconds(10)) { hook.body }
        let json = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        #expect(json?["event"] as? String == "action_succeeded", "\(body)")
        #expect(json?["text"] is String && json?["container"] is String, "\(body)")
        #expect(!body.contains("s3cr3t") && body.utf8.count < 4_096)
    }
}

/// Hears the first request that is made to it, and never answers.
private final class WebhookEar {
    let port: Int
    private let held: HeldPort
    private var connection: Int32 = -1
    private var heard: [UInt8] = []

    init() throws {
        self.held = try HeldPort()
        self.port = self.held.number
        _ = fcntl(self.held.descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { if self.connection >= 0 { close(self.connection) } }

    /// The body of the first request; nil as long as it is not whole.
    var body: String? {
        if self.connection < 0 { self.connection = accept(self.held.descriptor, nil, nil) }
        guard self.connection >= 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(self.connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            self.heard += buffer[..<count]
        }
        let parts = String(decoding: self.heard, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        guard parts.count == 2, parts[1].last == "}" else { return nil }
        return String(parts[1])
    }
}
