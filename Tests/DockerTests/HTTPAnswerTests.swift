import Testing

@testable import Docker

@Suite("An answer to a probe")
struct HTTPAnswerTests {
    /// What comes of `text` in pieces of `size` bytes, after which the connection is closed or stays open.
    private func outcome(_ text: String, inPiecesOf size: Int, isClosed: Bool) -> ProbeOutcome? {
        var answer = HTTPAnswer()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            Array(rest.prefix(size)).withUnsafeBytes { answer.append($0) }
            rest = rest.dropFirst(size)
        }
        if isClosed { answer.end() }
        return answer.outcome
    }

    @Test(
        "is whole when its length, its last chunk or its status says so, in whatever pieces it comes",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 503 No\ncontent-length:\t3 \n\nbad", 503, "bad"),
            ("HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n", 200, ""),
            ("HTTP/1.1 204 X\r\n\r\n", 204, ""),
            ("HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n", 304, ""),
            (
                "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 O\r\nContent-Length: 1\r\n\r\na",
                200, "a"
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
                200, "abc0123456789"
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more", 200, "ok"),
        ])
    func whole(text: String, status: Int, body: String) {
        for size in [1, 2, 7, 1_000] {
            #expect(self.outcome(text, inPiecesOf: size, isClosed: false) == .answered(status: status, body: body))
        }
    }

    @Test("without a length is whole when the connection ends, and not before")
    func untilEnd() {
        let text = "HTTP/1.1 200 OK\r\nX: y\r\n\r\nbody"
        #expect(self.outcome(text, inPiecesOf: 5, isClosed: false) == nil)
        #expect(self.outcome(text, inPiecesOf: 5, isClosed: true) == .answered(status: 200, body: "body"))
    }

    @Test(
        "is broken when the connection ends before it is whole",
        arguments: [
            "", "HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        ])
    func cutShort(text: String) {
        for size in [1, 1_000] {
            #expect(self.outcome(text, inPiecesOf: size, isClosed: false) == nil)
            let outcome = self.outcome(text, inPiecesOf: size, isClosed: true)
            guard case .broken = outcome else {
                Issue.record("\(text.debugDescription) is \(String(describing: outcome))")
                continue
            }
        }
    }

    @Test(
        "is broken at once when it makes no sense",
        arguments: [
            "n", "\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        ])
    func nonsense(text: String) {
        for size in [1, 1_000] {
            let outcome = self.outcome(text, inPiecesOf: size, isClosed: false)
            guard case .broken = outcome else {
                Issue.record("\(text.debugDescription) is \(String(describing: outcome))")
                continue
            }
        }
    }

    @Test("is cut where it grows too long, and its status counts; a head without an end is broken")
    func tooLong() {
        let body = String(repeating: "x", count: HTTPAnswer.bodyMax)
        for head in ["Content-Length: 999999", "Transfer-Encoding: chunked", "X: y"] {
            let text = "HTTP/1.1 200 OK\r\n\(head)\r\n\r\n" + (head.hasPrefix("T") ? "FFFFF\r\n" : "") + body + "x"
            #expect(self.outcome(text, inPiecesOf: 4_096, isClosed: false) == .answered(status: 200, body: body))
        }
        guard case .broken = self.outcome("HTTP/1.1 200 OK\r\nX: \(body)", inPiecesOf: 4_096, isClosed: false) else {
            Issue.record("a head of more than 64 KiB is read on")
            return
        }
    }
}
