import CLinux
import Glibc

/// A lock between processes that the kernel lets go of when its holder ends, however it ends (`flock(2)`). The file
/// holds the pid of the holder, for people, and can be read by all who may look into its folder.
public final class FileLock: Sendable {
    /// Why the lock could not be had.
    public enum Failure: Error, Hashable, Sendable {
        /// Another process holds it; its pid where the file tells.
        case held(by: Int32?)
        /// The file can't be opened; with the system's reason.
        case unusable(String)
    }

    let descriptor: Int32

    /// Takes the lock without waiting.
    public init(path: String) throws(Failure) {
        // No link is followed: where others may write, it would let them choose a file of ours that is emptied below.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .unusable("\(path): \(String(cString: strerror(errno)))") }
        // Somebody who only looks (`holder(ofLockAt:)`) holds it shared for a moment: a second look tells.
        var tries = 5
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            tries -= 1
            guard errno == EWOULDBLOCK || errno == EINTR, tries > 0 else {
                defer { close(descriptor) }
                throw .held(by: FileLock.pid(in: descriptor))
            }
            usleep(20_000)
        }
        // Readable by all, whatever the umask: a watchdog of another user must see that root deploys.
        fchmod(descriptor, 0o644)
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    /// Says more about the holder, behind the pid: one line, in the place of an earlier one.
    public func describe(_ line: String) {
        let text = "\(getpid())\n\(line)\n"
        ftruncate(self.descriptor, 0)
        _ = text.withCString { pwrite(self.descriptor, $0, strlen($0), 0) }
    }

    /// Whether the locked file still is the one at `path`. Once somebody has removed it, it keeps nobody out.
    public func isFile(at path: String) -> Bool {
        var (held, found) = (stat(), stat())
        return fstat(self.descriptor, &held) == 0 && stat(path, &found) == 0
            && held.st_dev == found.st_dev && held.st_ino == found.st_ino
    }

    deinit { close(self.descriptor) }

    /// Who holds the lock: nil when nobody does, 0 when the file does not tell.
    public static func holder(ofLockAt path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return FileLock.pid(in: descriptor) ?? 0
    }

    /// What the holder said of itself with ``describe(_:)``; empty where it said nothing.
    public static func description(ofLockAt path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
        let lines = bytes.prefix(count).split(separator: 10, omittingEmptySubsequences: false)
        return lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : ""
    }

    private static func pid(in descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != 10 }, as: UTF8.self))
    }
}
