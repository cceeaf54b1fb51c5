import EventLoop
import Glibc
import ServiceTestKit
import Support
import Testing

@Suite("An append-only file", .timeLimit(.minutes(1)))
struct AppendOnlyFileTests {
    private let testFolder = TestFolder()
    private var folder: String { self.testFolder.path }

    init() { Loop.startThread() }

    private func contents(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    @Test("adds lines in the order of the calls, to what is there already")
    @Loop func order() async throws {
        let path = self.folder + "/log"
        try await AppendOnlyFile(path: path, rotatingAt: 1 << 20).append("before")
        let file = AppendOnlyFile(path: path, rotatingAt: 1 << 20)
        let tasks = (0..<50).map { number in Task { @Loop in try await file.append("\(number)") } }
        for task in tasks { try await task.value }
        #expect(self.contents(path) == "before\n" + (0..<50).map { "\($0)\n" }.joined())
    }

    @Test("keeps one call on one line, whatever is in it")
    @Loop func oneLine() async throws {
        let path = self.folder + "/log"
        try await AppendOnlyFile(path: path, rotatingAt: 1 << 20).append("a\nb")
        #expect(self.contents(path) == "a b\n")
    }

    @Test("becomes NAME.1 beyond its size, in the place of an older one")
    @Loop func rotation() async throws {
        let path = self.folder + "/log"
        let file = AppendOnlyFile(path: path, rotatingAt: 10)
        for line in ["one", "two", "three", "four", "five", "six"] { try await file.append(line) }
        #expect(self.contents(path) == "four\nfive\nsix\n")
        #expect(self.contents(path + ".1") == "one\ntwo\nthree\n")
        try await file.append("seven")
        #expect(self.contents(path + ".1") == "four\nfive\nsix\n")
    }

    @Test("grows on where it can't be renamed")
    @Loop func noRotation() async throws {
        let path = self.folder + "/log"
        mkdir(path + ".1", 0o700)
        let file = AppendOnlyFile(path: path, rotatingAt: 5)
        for line in ["first", "second", "third"] { try await file.append(line) }
        #expect(self.contents(path) == "first\nsecond\nthird\n")
    }

    @Test("begins a new file when somebody removed or renamed the old one")
    @Loop func removed() async throws {
        let path = self.folder + "/log"
        let file = AppendOnlyFile(path: path, rotatingAt: 1 << 20)
        try await file.append("one")
        unlink(path)
        try await file.append("two")
        #expect(self.contents(path) == "two\n")
        rename(path, path + ".old")
        try await file.append("three")
        #expect(self.contents(path) == "three\n")
    }

    @Test("does not join its line to one that somebody else left without an end")
    @Loop func tornByOthers() async throws {
        let path = self.folder + "/log"
        let other = try #require(fopen(path, "we"))
        fputs("half a li", other)
        fclose(other)
        try await AppendOnlyFile(path: path, rotatingAt: 1 << 20).append("whole")
        #expect(self.contents(path) == "half a li\nwhole\n")
    }

    @Test("says what is wrong with a path, and writes as soon as it is mended")
    @Loop func badPath() async throws {
        let file = AppendOnlyFile(path: self.folder + "/no/log", rotatingAt: 1 << 20)
        let error = await #expect(throws: AppendOnlyFile.Failure.self) { try await file.open() }
        #expect(error?.description == "\(self.folder)/no/log: No such file or directory")
        mkdir(self.folder + "/no", 0o700)
        try await file.append("one")
        #expect(self.contents(self.folder + "/no/log") == "one\n")
        let folder = AppendOnlyFile(path: self.folder, rotatingAt: 1 << 20)
        await #expect(throws: AppendOnlyFile.Failure(path: self.folder, reason: "Is a directory")) {
            try await folder.open()
        }
    }

    @Test("says that the disk is full, leaves no half line, and goes on when there is room again")
    @Loop func fullDisk() async throws {
        guard mount("tmpfs", self.folder, "tmpfs", 0, "size=64k") == 0 else {
            try Test.cancel("a small disk to fill up can be mounted by root only")
        }
        let path = self.folder + "/log"
        let file = AppendOnlyFile(path: path, rotatingAt: 1 << 20)
        let line = String(repeating: "x", count: 999)
        var count = 0
        var failure: AppendOnlyFile.Failure?
        while failure == nil, count < 100 {
            do throws(AppendOnlyFile.Failure) {
                try await file.append(line)
                count += 1
            } catch { failure = error }
        }
        #expect(failure == AppendOnlyFile.Failure(path: path, reason: "No space left on device"))
        #expect(self.contents(path) == String(repeating: line + "\n", count: count))
        truncate(path, 0)
        try await file.append("again")
        #expect(self.contents(path) == "again\n")
        // Lazily: the file is still open.
        umount2(self.folder, 2)
    }
}
