import Docker
import EventLoop
import Glibc
import Support
import Testing

@Suite(
    "The real engine", .timeLimit(.minutes(3)),
    .enabled(if: TestContainer.isEngineThere, "no Docker Engine at /var/run/docker.sock"))
struct RealEngineTests {
    init() { Loop.startThread() }

    private let engine = Engine(socketPath: TestContainer.socketPath)

    @Test("answers a ping and settles a version")
    @Loop func ping() async throws {
        try await self.engine.ping(within: .seconds(10))
        #expect(try await self.engine.negotiate(within: .seconds(10)).hasPrefix("1."))
    }

    @Test("lists exactly the containers that have the label")
    @Loop func list() async throws {
        try await TestContainer.with(["--label", "other=x"], ["sleep", "600"]) { container in
            let both = try await self.engine.containers(labels: [container.label, "other=x"], within: .seconds(10))
            #expect(both.map(\.id) == [container.id])
            #expect(both.first?.state == .running)
            #expect(both.first?.labels["other"] == "x")
            #expect(try await self.engine.containers(labels: [container.label, "other=y"], within: .seconds(10)) == [])
        }
    }

    @Test("shows everything about a container")
    @Loop func inspect() async throws {
        let options = [
            "--name", "selfheal-test-\(getpid())", "--health-cmd", "echo well", "--health-interval", "1s",
            "--health-retries", "4", "--stop-timeout", "7", "--stop-signal", "SIGINT", "--restart", "on-failure:5",
            "--volume", "/data", "--env", "SECRET=x",
        ]
        try await TestContainer.with(options, ["sleep", "600"]) { container in
            let details = try await TestContainer.eventually {
                let details = try await self.engine.inspect(container.id, within: .seconds(10))
                return details.health?.status == .healthy ? details : nil
            }
            #expect(details.id == container.id)
            #expect(details.name == "selfheal-test-\(getpid())")
            #expect(details.state == .running)
            #expect(kill(details.pid, 0) == 0)
            #expect(details.imageID.hasPrefix("sha256:"))
            #expect(details.health?.checks.last?.output == "well\n")
            #expect(details.health?.checks.last?.exitCode == 0)
            #expect(
                details.healthcheck
                    == Healthcheck(test: ["CMD-SHELL", "echo well"], interval: .seconds(1), retries: 4))
            #expect(details.restartPolicy == ContainerDetails.RestartPolicy(name: "on-failure", maximumRetries: 5))
            #expect(details.stopSignal == "SIGINT")
            #expect(details.stopTimeoutSeconds == 7)
            #expect(details.mountCount == 1)
            #expect(details.volumes.count == 1)
            #expect(details.finishedAt == nil)
            let started = try #require(details.startedAt)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            #expect(abs(Double(now.tv_sec) - started.secondsSince1970) < 60)
        }
    }

    @Test("does not know a container that is not there")
    @Loop func notFound() async {
        let error = await #expect(throws: EngineError.self) {
            try await self.engine.inspect("no-such-container", within: .seconds(10))
        }
        #expect(error?.code == .notFound)
    }

    @Test("restarts a container, which keeps its id and gets a new start time, and tells so in its events")
    @Loop func restartWithEvents() async throws {
        try await TestContainer.with(["--init"], ["sleep", "600"]) { container in
            let before = try await self.engine.inspect(container.id, within: .seconds(10))
            let since = "\(before.startedAt?.nanosecondsSince1970 ?? 0)".dropLast(9) + ".000000000"
            let events = self.engine.events(since: String(since), labels: [container.label])
            let actions = Task { @Loop in
                var actions: [String] = []
                for try await event in events {
                    actions.append(event.action)
                    if event.action == "restart" { break }
                }
                return actions
            }
            try await self.engine.restart(container.id, grace: .seconds(1), within: .seconds(30))
            let after = try await self.engine.inspect(container.id, within: .seconds(10))
            #expect(after.id == before.id)
            #expect(after.startedAt?.text != before.startedAt?.text)
            #expect(after.finishedAt != nil)
            let watchdog = Task { @Loop in
                try await Loop.sleep(for: .seconds(10))
                actions.cancel()
            }
            let seen = try await actions.value
            watchdog.cancel()
            // The first start is in there or not, by the second in which it fell.
            #expect(seen.suffix(5) == ["kill", "die", "stop", "start", "restart"])
        }
    }

    @Test("starts a container that was stopped, and one that runs already")
    @Loop func start() async throws {
        try await TestContainer.with(["--init"], ["sleep", "600"]) { container in
            _ = try await Subprocess("docker", ["stop", "--time", "1", container.id]).output(within: .seconds(30))
            let stopped = try await self.engine.inspect(container.id, within: .seconds(10))
            #expect(stopped.state == .exited)
            #expect(stopped.pid == 0)
            let error = await #expect(throws: EngineError.self) {
                try await self.engine.run(["true"], in: container.id, within: .seconds(10))
            }
            #expect(error?.code == .conflict)
            for _ in 0..<2 { try await self.engine.start(container.id, within: .seconds(30)) }
            #expect(try await self.engine.inspect(container.id, within: .seconds(10)).state == .running)
        }
    }

    @Test("runs a command inside, with its exit code and its two outputs apart and bounded")
    @Loop func exec() async throws {
        try await TestContainer.with([], ["sleep", "600"]) { container in
            func run(_ command: String...) async throws -> ExecResult {
                try await self.engine.run(command, in: container.id, within: .seconds(20))
            }
            #expect(
                try await run("sh", "-c", "echo out; echo err >&2; exit 3")
                    == ExecResult(exitCode: 3, stdout: "out\n", stderr: "err\n"))
            let long = try await run("head", "-c", "1000000", "/dev/zero")
            #expect(long.exitCode == 0)
            #expect(long.stdout.utf8.count == 65_536)
            #expect([126, 127].contains(try await run("no-such-program").exitCode))
            let error = await #expect(throws: EngineError.self) {
                try await self.engine.run(["sleep", "3"], in: container.id, within: .milliseconds(500))
            }
            #expect(error?.code == .timedOut)
        }
    }

    @Test("gives the last lines of the log, with and without a terminal", arguments: [[], ["--tty"]])
    @Loop func logs(options: [String]) async throws {
        try await TestContainer.with(options, ["sh", "-c", "seq 1 100; sleep 0.5; echo err >&2; sleep 600"]) {
            container in
            let log = try await TestContainer.eventually {
                let log = try await self.engine.logs(container.id, tail: 3, within: .seconds(10))
                return log.contains("err") ? log : nil
            }
            #expect(log.split(whereSeparator: \.isNewline) == ["99", "100", "err"])
        }
    }
}
