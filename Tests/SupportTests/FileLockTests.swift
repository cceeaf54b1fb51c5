import Glibc
import ServiceTestKit
import Support
import Testing

@Suite("A lock between processes")
struct FileLockTests {
    private let folder = TestFolder()
    private var path: String { self.folder.path + "/lock" }

    @Test("is held once, tells who holds it, and is free again when its holder lets go")
    func heldOnce() throws {
        #expect(FileLock.holder(ofLockAt: self.path) == nil)
        var lock: FileLock? = try FileLock(path: self.path)
        #expect(throws: FileLock.Failure.held(by: getpid())) { try FileLock(path: self.path) }
        #expect(FileLock.holder(ofLockAt: self.path) == getpid())
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(FileLock.holder(ofLockAt: self.path) == nil)
        _ = try FileLock(path: self.path)
    }

    @Test("tells that its file was removed, also when there is another in its place")
    func removed() throws {
        let lock = try FileLock(path: self.path)
        #expect(lock.isFile(at: self.path))
        unlink(self.path)
        #expect(!lock.isFile(at: self.path))
        let other = try FileLock(path: self.path)
        #expect(!lock.isFile(at: self.path) && other.isFile(at: self.path))
    }

    @Test("can be seen by other users, also where its file was made so that it could not")
    func readable() throws {
        close(open(self.path, O_CREAT | O_WRONLY, 0o600))
        let lock = try FileLock(path: self.path)
        var status = stat()
        #expect(stat(self.path, &status) == 0 && status.st_mode & 0o777 == 0o644)
        withExtendedLifetime(lock) {}
    }

    @Test("does not empty the file that a link in its place names")
    func link() throws {
        let target = self.folder.path + "/target"
        let file = try #require(fopen(target, "we"))
        fputs("precious", file)
        fclose(file)
        symlink(target, self.path)
        #expect(throws: FileLock.Failure.self) { try FileLock(path: self.path) }
        var status = stat()
        #expect(stat(target, &status) == 0 && status.st_size == 8)
    }

    @Test("says why where the file can't be made")
    func unusable() {
        #expect(throws: FileLock.Failure.unusable("/no/such/folder/lock: No such file or directory")) {
            try FileLock(path: "/no/such/folder/lock")
        }
    }
}
