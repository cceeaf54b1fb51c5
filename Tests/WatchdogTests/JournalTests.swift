import Compose
import Docker
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

    @Test("keeps a line short, whatever a service answers")
    @Loop func longValue() async throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        var echoed = ""
        let journal = Journal(path: self.path) { echoed = $0 }
        for long in ["\"", "\u{1}", "é", "x"].map({ String(repeating: $0, count: 60_000) }) {
            await journal.append(Record(ServiceID("app"), .actionFailed(long)).fields, at: .now)
            #expect(echoed.utf8.count < 4_096)
        }
        let contents = Journal.read(self.path)
        #expect(contents.records.count == 4 && contents.damagedLines == 0)
        #expect(contents.records.last?.0.event == .actionFailed(String(repeating: "x", count: 1_000) + "…"))
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

    @Test("gets no line of who only looks")
    @Loop func onlyLooking() async throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        let settings = try WatchSettings(environment: ["LOG_FILE": self.path])
        let watched = try Watched(settings, of: Project(name: "shop", services: ["app": Service()]))
        let engine = Engine(socketPath: "/no/such/socket")
        let watchdog = Watchdog(settings, watched: watched, engine: engine) { _ in }
        watchdog.onlyLook()
        await watchdog.note([("event", "no_healthcheck")])
        #expect(!FileManager.default.fileExists(atPath: self.path))
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

    @Test("finds the good lines behind carriage returns and a time that no clock shows")
    func garbage() throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        let good = "time=2026-11-24T10:51:54.123Z event=recovered service=app incident=1 after=2s"
        try "\u{1}garbage\r\n\(good)\r\ntime=9999-12-31T23:59:59.999Z event=engine_back after=1s\n\(good)\n"
            .write(toFile: self.path, atomically: true, encoding: .utf8)
        let contents = Journal.read(self.path)
        #expect(contents.records.count == 2)
        #expect(contents.damagedLines == 2)
    }

    @Test("is empty, and not waited for, where something else than a file is")
    func noFile() {
        defer { unlink(self.path) }
        #expect(mkfifo(self.path, 0o600) == 0)
        #expect(Journal.read(self.path).damagedLines == 0)
        #expect(Journal.read("/dev/zero").damagedLines == 0)
    }

    @Test("gives the last lines of a file that grew far too large")
    func large() throws {
        defer { unlink(self.path) }
        let line = "time=2026-11-24T10:51:54.123Z event=engine_back after=1s\n"
        let file = try #require(fopen(self.path, "we"))
        fputs(line, file)
        ftruncate(fileno(file), Int(Journal.rotationSize) * 8)
        fseek(file, 0, SEEK_END)
        fputs("\n" + line, file)
        fclose(file)
        let contents = Journal.read(self.path)
        #expect(contents.records.count == 1)
        #expect(contents.damagedLines == 0)
    }

    @Test("tells the records of one project from those of another that used the file before or after it")
    func projects() throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        try """
        time=2026-11-24T10:00:00.000Z event=watch_started project=shop service=app
        time=2026-11-24T10:00:01.000Z event=left_alone service=app reason=stopped_by_a_person
        time=2026-11-24T10:00:02.000Z event=watch_started project=blog service=app
        time=2026-11-24T10:00:03.000Z event=recovered service=app incident=1 after=2s

        """.write(toFile: self.path, atomically: true, encoding: .utf8)
        #expect(Journal.read(self.path, of: "shop").records.map(\.0.event) == [.leftAlone("stopped_by_a_person")])
        #expect(Journal.read(self.path, of: "blog").records.map(\.0.event) == [.recovered(after: .seconds(2))])
        #expect(Journal.read(self.path, of: "shop").lastTime == Timestamp("2026-11-24T10:00:01.000Z"))
        #expect(Journal.read(self.path).records.count == 2)
    }

    @Test("does not end the healing where it can't be opened, but says so at the start")
    @Loop func unwritable() async {
        let journal = Journal(path: "/no/such/folder/journal") { _ in }
        await #expect(throws: WatchError.self) { try await journal.open() }
    }

    @Test("is asked for where it is not, and that is said, and why")
    func required() throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        func problem(_ path: String) -> String? {
            let error = #expect(throws: WatchError.self) { try Journal.require(path) }
            #expect(error?.code == .logFileUnusable)
            return error?.message
        }
        #expect(problem(self.path) == "\(self.path) can't be read: No such file or directory")
        #expect(problem("/tmp") == "/tmp can't be read: Is a directory")
        try "Dear diary\n".write(toFile: self.path, atomically: true, encoding: .utf8)
        #expect(problem(self.path) == "\(self.path) is no journal: it has no line of a watchdog")
        try "".write(toFile: self.path, atomically: true, encoding: .utf8)
        try Journal.require(self.path)
    }
}
