import Docker
import EventLoop
import Glibc
import ServiceTestKit
import Testing

@Suite("A process that a signal has stopped", .timeLimit(.minutes(1)))
struct StoppedProcessTests {
    init() { Loop.startThread() }

    @Test("hears what was sent to it once it is woken, and so does what it began")
    @Loop func wakes() async throws {
        let script = #"sleep 60 & child=$!; trap 'kill $child; echo heard; exit 0' TERM; echo $child; wait"#
        let shell = try ChildProcess("sh", ["-c", script])
        let child = try await TestContainer.eventually { Int32(shell.text.filter { $0 != "\n" }) }
        guard StoppedProcess(shell.id) == nil else { Issue.record("it runs"); return }
        for process in [child, shell.id] { kill(process, SIGSTOP) }
        let stopped = try await TestContainer.eventually { StoppedProcess(shell.id) }

        kill(shell.id, SIGTERM)
        try await Loop.sleep(for: .milliseconds(100))
        #expect(!shell.text.contains("heard"))
        stopped.wake()
        try await TestContainer.eventually { shell.text.contains("heard") ? () : nil }
        try await TestContainer.eventually { ProcessState.isEnding(child) ? () : nil }
    }
}
