import EventLoop
import Glibc
import Support
import Testing

@Suite("A subprocess", .timeLimit(.minutes(1)))
struct SubprocessTests {
    init() { Loop.startThread() }

    @Loop private func shell(
        _ script: String, within limit: Duration = .seconds(10), keep: Int = 1 << 20
    ) async throws(Subprocess.Failure) -> Subprocess.Output {
        try await Subprocess("sh", ["-c", script]).output(within: limit, keep: keep)
    }

    @Test("gives exit code, stdout and stderr")
    @Loop func output() async throws {
        let output = try await self.shell("echo out; echo err >&2; exit 7")
        #expect(output.exit == .exited(7))
        #expect(output.stdout == "out\n")
        #expect(output.stderr == "err\n")
        #expect(!output.isCut)
    }

    @Test("passes arguments on as they are, through no shell")
    @Loop func arguments() async throws {
        let output = try await Subprocess("printf", ["%s|", "a b", "$(id)", ";", ""]).output(within: .seconds(10))
        #expect(output.stdout == "a b|$(id)|;||")
    }

    @Test("tells death by a signal from an exit")
    @Loop func signalled() async throws {
        let exit = try await self.shell("kill -9 $$").exit
        #expect(exit == .signalled(9))
        #expect(exit.code == 137)
    }

    @Test("keeps the first part of a long output and lets the program write on")
    @Loop func longOutput() async throws {
        let output = try await self.shell("head -c 5000000 /dev/zero; echo done >&2", keep: 1_000)
        #expect(output.stdout.utf8.count == 1_000)
        #expect(output.stderr == "done\n")
        #expect(output.isCut)
    }

    @Test("says that there is no such program")
    @Loop func missing() async {
        let error = await #expect(throws: Subprocess.Failure.self) {
            try await Subprocess("no-such-program").output(within: .seconds(10))
        }
        #expect(error?.code == .notFound)
    }

    @Test("ends a program at the deadline, one that ignores SIGTERM by force, with its descendants")
    @Loop func deadline() async throws {
        let began = Loop.now
        let mark = "86\(UInt32.random(in: 1_000...9_999))"
        let error = await #expect(throws: Subprocess.Failure.self) {
            try await self.shell("trap '' TERM; sleep \(mark) & while :; do wait; done", within: .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        #expect(began.duration(to: Loop.now) < .seconds(5))
        let others = try await Subprocess("pgrep", ["-f", "sleep \(mark)"]).output(within: .seconds(10))
        #expect(others.stdout == "")
    }

    @Test("ends a program when the task is cancelled")
    @Loop func cancelled() async {
        let task = Task { @Loop in try await Subprocess("sleep", ["60"]).output(within: .seconds(60)) }
        try? await Loop.sleep(for: .milliseconds(50))
        task.cancel()
        let error = await #expect(throws: Subprocess.Failure.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test("does not wait for a descendant that outlives the program and keeps its stdout open")
    @Loop func outliving() async throws {
        let began = Loop.now
        let output = try await self.shell("sleep 20 & echo $!")
        #expect(began.duration(to: Loop.now) < .seconds(5))
        let pid = try #require(Int32(output.stdout.dropLast()))
        kill(pid, SIGKILL)
    }

    @Test("gives it none of our descriptors, no blocked signals, and nothing to read")
    @Loop func cleanStart() async throws {
        let open = dup(0)
        defer { close(open) }
        let script = "ls /proc/self/fd; grep SigBlk /proc/self/status; cat"
        let output = try await self.shell(script)
        // The 3 is the folder that ls reads.
        #expect(output.stdout == "0\n1\n2\n3\nSigBlk:\t0000000000000000\n")
    }

    @Test("runs where it is told, with the environment it is given")
    @Loop func surroundings() async throws {
        let shell = Subprocess("/bin/sh", ["-c", "pwd; echo $A"], environment: ["A": "b"], directory: "/usr")
        let output = try await shell.output(within: .seconds(10))
        #expect(output.stdout == "/usr\nb\n")
    }

    @Test("hands lines over as they come, the last one without its line feed too")
    @Loop func lines() async throws {
        var lines: [String] = []
        let exit = try await Subprocess("printf", ["one\\r\\n\\ntwo"]).lines(within: .seconds(10)) { lines.append($0) }
        #expect(exit == .exited(0))
        #expect(lines == ["one", "", "two"])
    }

    @Test("with our own stdout gives its exit code, and is ended at the deadline too")
    @Loop func inherited() async throws {
        #expect(try await Subprocess("sh", ["-c", "exit 3"]).inherited(within: .seconds(10)) == .exited(3))
        let error = await #expect(throws: Subprocess.Failure.self) {
            try await Subprocess("sleep", ["60"]).inherited(within: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
    }

    @Test("leaves no descriptor behind")
    @Loop func nothingLeft() async throws {
        _ = try await self.shell("true")
        let before = try await self.shell("ls /proc/\(getpid())/fd | wc -l").stdout
        for _ in 0..<20 { _ = try await self.shell("true") }
        let after = try await self.shell("ls /proc/\(getpid())/fd | wc -l").stdout
        // Other tests run at the same time and have descriptors of their own; 40 would be a leak.
        let more = (Int(after.dropLast()) ?? 0) - (Int(before.dropLast()) ?? 0)
        #expect(more < 30)
    }
}
