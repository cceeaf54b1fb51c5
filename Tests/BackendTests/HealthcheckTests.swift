import Testing

@testable import Backend

@Suite("The healthcheck command")
struct HealthcheckTests {
    @Test(
        "judges by the status alone, and shows the body",
        arguments: [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"app\":\"ok\"}\n", Int32(0), "{\"app\":\"ok\"}"),
            ("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"db\":\"down\"}", 1, "{\"db\":\"down\"}"),
            ("HTTP/1.1 204 No Content\r\n\r\n", 1, "status 204"), ("HTTP/1.1", 1, "the answer is not HTTP"),
            ("", 1, "the answer is not HTTP"), ("SSH-2.0-OpenSSH\r\n", 1, "the answer is not HTTP"),
        ])
    func judges(answer: String, status: Int32, text: String) {
        #expect(Healthcheck.judge(answer) == Healthcheck.Outcome(status: status, text: text))
    }
}
