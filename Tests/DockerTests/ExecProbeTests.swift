import EventLoop
import Testing

@testable import Docker

@Suite("What curl in the container says")
struct ExecProbeTests {
    init() { Loop.startThread() }

    @Test(
        "is told apart by its exit code",
        arguments: [
            (7, ProbeOutcome.refused), (28, .timedOut), (126, .unavailable("no curl in the container")),
            (127, .unavailable("no curl in the container")), (2, .unavailable("curl: (x) why")),
            (52, .broken("curl: (x) why")), (56, .broken("curl: (x) why")),
        ])
    @Loop func failures(exitCode: Int, outcome: ProbeOutcome) {
        let result = ExecResult(exitCode: exitCode, stdout: "", stderr: "curl: (x) why\n")
        #expect(ExecProbe.outcome(of: result) == outcome)
    }

    @Test(
        "is an answer with its status, however long its body is",
        arguments: [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"db\":\"ok\"}", 200, "{\"db\":\"ok\"}"),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\n\r\nx\r\n\r\ny", 503, "x\r\n\r\ny"),
            ("HTTP/2 204\r\n\r\n", 204, ""), ("HTTP/1.1 200 OK\r\nA: cut o", 200, ""),
        ])
    @Loop func answers(stdout: String, status: Int, body: String) {
        let result = ExecResult(exitCode: 0, stdout: stdout, stderr: "")
        #expect(ExecProbe.outcome(of: result) == .answered(status: status, body: body))
    }

    @Test("is broken when it makes no sense", arguments: ["", "nonsense", "HTTP/1.1 x\r\n\r\n"])
    @Loop func nonsense(stdout: String) {
        let result = ExecResult(exitCode: 0, stdout: stdout, stderr: "")
        #expect(ExecProbe.outcome(of: result) == .broken("the answer has no status"))
    }
}
