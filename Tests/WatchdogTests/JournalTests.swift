import EventLoop
import Foundation
import Healing
import Support
import Testing

@testable import Watchdog

@Suite("The journal")
struct JournalTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID().uuidString)")
        .path

    init() { Loop.startThread() }

    @Test("gives back the records that were written, with their times")
    @Loop func roundTrip() async throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        let journal = Journal(path: self.path) { _ in }
        try await journal.open()
        let time = try #require(Timestamp("2026-11-24T10:51:54.123Z"))
        let record = Record(
            ServiceID("app"), incident: 7, .acted(.restart(grace: .seconds(10)), attempt: 3, backoff: .seconds(20)))
        await journal.append(record.fields, at: time)
        let contents = Journal.read(self.path)
        #expect(contents.records.map(\.0) == [record])
        #expect(contents.records.map(\.at) == [time])
        #expect(contents.damagedLines == 0)
    }

    @Test("skips torn and foreign lines, counts them, and keeps what stands around them")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        let good = "time=2026-11-24T10:51:54.123Z event=recovered service=app incident=1 after=2s\n"
        try (good + "time=2026-11-24T10:5\n\u{0}\u{0}\u{0}\n" + good + "time=2026-11-24T10:51:55.000Z event=\"hea")
            .write(toFile: self.path, atomically: true, encoding: .utf8)
        let contents = Journal.read(self.path)
        #expect(contents.records.count == 2)
        #expect(contents.damagedLines == 3)
    }

    @Test("is empty when it is not there")
    func missing() {
        let contents = Journal.read(self.path)
        #expect(contents.records.isEmpty && contents.damagedLines == 0 && contents.lastTime == nil)
    }

    @Test("reads what was rotated away before what came after it")
    func rotated() throws {
        defer {
            try? FileManager.default.removeItem(atPath: self.path)
            try? FileManager.default.removeItem(atPath: self.path + ".1")
        }
        try "time=2026-11-24T10:00:00.000Z event=engine_lost reason=old\n"
            .write(toFile: self.path + ".1", atomically: true, encoding: .utf8)
        try "time=2026-11-24T11:00:00.000Z event=engine_back after=5s\n"
            .write(toFile: self.path, atomically: true, encoding: .utf8)
        #expect(
            Journal.read(self.path).records.map(\.0.event) == [.engineLost("old"), .engineBack(after: .seconds(5))])
    }

    @Test("does not end the healing where it can't be opened, but says so at the start")
    @Loop func unwritable() async {
        let journal = Journal(path: "/no/such/folder/journal") { _ in }
        await #expect(throws: WatchError.self) { try await journal.open() }
    }
}
