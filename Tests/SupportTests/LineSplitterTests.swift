import Support
import Testing

@Suite("A line splitter")
struct LineSplitterTests {
    private func lines(_ text: String, pieces: Int, limit: Int = 65_536) -> [String] {
        var splitter = LineSplitter(limit: limit)
        var lines: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            Array(bytes[start..<min(start + pieces, bytes.count)]).withUnsafeBytes { piece in
                splitter.consume(piece) { lines.append($0) }
            }
        }
        splitter.finish { lines.append($0) }
        return lines
    }

    @Test("gives the same lines wherever the bytes are cut", arguments: 1...20)
    func cuts(pieces: Int) {
        #expect(self.lines("one\r\n\ntwo é\nthree", pieces: pieces) == ["one", "", "two é", "three"])
    }

    @Test("cuts a line that is too long into several", arguments: 1...9)
    func longLine(pieces: Int) {
        #expect(self.lines("abcdefgh\nij\n", pieces: pieces, limit: 4) == ["abcd", "efgh", "ij"])
    }

    @Test("gives nothing for nothing")
    func empty() {
        #expect(self.lines("", pieces: 1) == [])
    }
}
