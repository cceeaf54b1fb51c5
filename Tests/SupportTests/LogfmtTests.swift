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
        let line = Logfmt.line([("reason", "x\ntime=now event=healed\u{1B}[2J")])
        #expect(Logfmt.fields(line)?.keys.sorted() == ["reason"])
        #expect(!line.contains("\n") && !line.contains("\u{1B}"))
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
            "2100-03-01T00:00:00.001Z",
        ])
    func roundTrip(text: String) {
        #expect(Timestamp(text)?.description == text)
    }

    @Test(
        "refuses anything else",
        arguments: ["", "2026-11-24", "2026-11-24T10:51:54Z", "2026-11-24T10:51:54.123", "2026-11-24 10:51:54.123Z"])
    func malformed(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite("A lock between processes")
struct FileLockTests {
    @Test("is held once, tells who holds it, and is free again when its holder lets go")
    func heldOnce() throws {
        let path = "/tmp/selfheal-lock-\(UInt64.random(in: 0...UInt64.max))"
        #expect(FileLock.holder(ofLockAt: path) == nil)
        var lock: FileLock? = try FileLock(path: path)
        #expect(throws: FileLock.Failure.held(by: Int32(ProcessID.own))) { try FileLock(path: path) }
        #expect(FileLock.holder(ofLockAt: path) == ProcessID.own)
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(FileLock.holder(ofLockAt: path) == nil)
        _ = try FileLock(path: path)
        ProcessID.remove(path)
    }

    @Test("says why where the file can't be made")
    func unusable() {
        #expect(throws: FileLock.Failure.unusable("/no/such/folder/lock: No such file or directory")) {
            try FileLock(path: "/no/such/folder/lock")
        }
    }
}
