import Docker
import EventLoop
import Glibc
import Testing

@Suite(
    "A probe inside a container", .timeLimit(.minutes(3)),
    .enabled(if: TestContainer.isEngineThere, "no Docker Engine at /var/run/docker.sock"),
    .enabled(if: geteuid() == 0, "only root may enter the network namespaces of containers"))
struct ProbeTests {
    init() { Loop.startThread() }

    private let engine = Engine(socketPath: TestContainer.socketPath)

    /// Runs `body` with a container of the web server and its main process, when it listens.
    @Loop private func withServer(_ body: @Loop (TestContainer, Int32) async throws -> Void) async throws {
        try await TestContainer.with([], TestContainer.webServer) { container in
            let pid = try await self.engine.inspect(container.id, within: .seconds(10)).pid
            let url = try ProbeURL("http://localhost:3000/status/200")
            try await TestContainer.eventually {
                let outcome = await probe(url: url, networkNamespaceOf: pid, within: .seconds(5))
                if case .answered = outcome { return () } else { return nil }
            }
            try await body(container, pid)
        }
    }

    @Loop private func ask(_ url: String, _ pid: Int32, within limit: Duration = .seconds(5)) async throws
        -> ProbeOutcome
    {
        await probe(url: try ProbeURL(url), networkNamespaceOf: pid, within: limit)
    }

    @Test("tells what the server there answers, and leaves our own network namespace as it was")
    @Loop func outcomes() async throws {
        let own = ownNamespace()
        try await self.withServer { container, pid in
            let host = "localhost:3000"
            #expect(try await self.ask("http://\(host)/status/200", pid) == .answered(status: 200, body: host))
            #expect(try await self.ask("http://\(host)/status/503?x=1", pid) == .answered(status: 503, body: host))
            #expect(
                try await self.ask("http://127.0.0.1:3000/status/302", pid)
                    == .answered(status: 302, body: "127.0.0.1:3000"))
            #expect(try await self.ask("http://localhost:3001/", pid) == .refused)
            #expect(try await self.ask("http://[::1]:3000/", pid) == .refused)
            for path in ["garbage", "reset", "half"] {
                let outcome = try await self.ask("http://\(host)/\(path)", pid)
                guard case .broken = outcome else {
                    Issue.record("/\(path) was \(outcome)")
                    continue
                }
            }
            let endless = try await self.ask("http://\(host)/endless", pid)
            #expect(endless == .answered(status: 200, body: String(repeating: "x", count: 65_536)))
        }
        #expect(ownNamespace() == own)
    }

    @Test("knows nothing of a service whose process ended while it was asked")
    @Loop func end() async throws {
        try await self.withServer { _, pid in
            #expect(!ProcessState.isEnding(pid))
            let outcome = try await self.ask("http://localhost:3000/end", pid)
            guard case .unavailable = outcome else {
                Issue.record("it was \(outcome)")
                return
            }
            #expect(ProcessState.isEnding(pid))
        }
    }

    @Test("times out when the process is frozen, and its state says that all its threads are stopped")
    @Loop func frozen() async throws {
        try await self.withServer { container, pid in
            let before = try #require(ProcessState.of(pid))
            #expect(!before.areAllThreadsStopped)
            #expect(!before.isTraced)
            kill(pid, SIGSTOP)
            #expect(
                try await self.ask("http://localhost:3000/status/200", pid, within: .milliseconds(300)) == .timedOut)
            let after = try #require(ProcessState.of(pid))
            #expect(after.areAllThreadsStopped)
            #expect(after.startTicks == before.startTicks)
            kill(pid, SIGCONT)
            #expect(try await self.ask("http://localhost:3000/status/204", pid) == .answered(status: 204, body: ""))
        }
    }

    @Test("can't run when the process is gone, and says so")
    @Loop func gone() async throws {
        #expect(try await self.ask("http://localhost/", 0) == .unavailable("the container has no process"))
        let outcome = try await self.ask("http://localhost/", 4_000_000)
        #expect(outcome == .unavailable("process 4000000 is gone, or not visible from here"))
        #expect(ProcessState.of(4_000_000) == nil)
    }

    @Test("by curl in the container says that there is no curl there")
    @Loop func noCurl() async throws {
        try await TestContainer.with([], ["sleep", "600"]) { container in
            let hasCurl =
                try await self.engine.run(["curl", "-V"], in: container.id, within: .seconds(10)).exitCode == 0
            guard !hasCurl else { return }
            let url = try ProbeURL("http://localhost:3000/")
            let outcome = await ExecProbe(engine: self.engine).probe(url: url, in: container.id, within: .seconds(10))
            #expect(outcome == .unavailable("no curl in the container"))
        }
    }
}

/// The network namespace of the calling thread, such as `net:[4026531840]`.
private func ownNamespace() -> String {
    var target = [CChar](repeating: 0, count: 64)
    readlink("/proc/thread-self/ns/net", &target, target.count - 1)
    return target.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}

@Suite("The address of a probe")
struct ProbeURLTests {
    @Test(
        "is http, a host of this machine's or a number, a port, a path",
        arguments: [
            ("http://localhost:3000/health/internal", "/health/internal"), ("http://127.0.0.1", "/"),
            ("HTTP://LOCALHOST:1?x=y", "/?x=y"), ("http://[::1]:65535/a?b#c", "/a?b"),
        ])
    func good(text: String, path: String) throws {
        #expect(try ProbeURL(text).path == path)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "localhost:3000", "https://localhost/", "http://example.org/", "http://localhost:0/",
            "http://localhost:65536/", "http://localhost:/", "http://user@localhost/", "http://[::1/", "http://::1/",
            "http://local host/", "http://localhost:3000\r\nX: y", "http://", "http://[127.0.0.1]/", "http://[::1]x/",
        ])
    func bad(text: String) {
        #expect(throws: ProbeURL.Fault.self) { try ProbeURL(text) }
    }
}
