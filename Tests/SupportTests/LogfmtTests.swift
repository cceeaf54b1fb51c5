import Support
import Testing

@Suite("Logfmt")
struct LogfmtTests {
    @Test(
        "reads back every value it wrote, whatever is in it",
        arguments: [
            "plain", "", "two words", "a=b", "say \"hi\"", "back\\slash", "line\nbreak", "é ü 漢字", "\\n is no break",
            "trailing\\",
        ])
    func roundTrip(value: String) {
        let line = Logfmt.line([("first", "1"), ("value", value), ("last", "2")])
        #expect(!line.contains("\n"))
        #expect(Logfmt.fields(line) == ["first": "1", "value": value, "last": "2"])
    }

    @Test("can't be made to forge a line or a field by a value from outside")
    func forgery() {
        let line = Logfmt.line([("reason", "x\ntime=now event=healed\u{1B}[2J\u{9B}2J")])
        #expect(Logfmt.fields(line)?.keys.sorted() == ["reason"])
        #expect(!line.contains("\n") && !line.contains("\u{1B}") && !line.contains("\u{9B}"))
    }

    @Test(
        "refuses what is torn or no logfmt",
        arguments: ["event=\"torn", "event=a\"b", "just words", "=value", "a\"b=c", "event=\"x\\"])
    func torn(line: String) {
        #expect(Logfmt.fields(line) == nil)
    }
}

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        "reads back what it writes, to the millisecond",
        arguments: [
            "1970-01-01T00:00:00.000Z", "2026-11-24T10:51:54.123Z", "2028-02-29T23:59:59.999Z",
            "2100-03-01T00:00:00.001Z", "1969-12-31T23:59:59.999Z", "1678-01-01T00:00:00.001Z",
            "2261-12-31T23:59:59.999Z",
        ])
    func roundTrip(text: String) {
        #expect(Timestamp(text)?.description == text)
    }

    @Test(
        "refuses anything else",
        arguments: [
            "", "2026-11-24", "2026-11-24T10:51:54Z", "2026-11-24T10:51:54.123", "2026-11-24 10:51:54.123Z",
            "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "2261-99-31T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
        ])
    func malformed(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
