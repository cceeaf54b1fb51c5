import Glibc

/// A file system of a few megabytes in this machine's memory, which can be filled without harm to anybody.
struct SmallDisk {
    let path: String

    /// Needs root.
    static func mount(at path: String, megabytes: Int) throws(DrillError) -> SmallDisk {
        guard mkdir(path, 0o700) == 0,
            Glibc.mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0
        else {
            throw DrillError(
                .notInjected, "a small disk at \(path) can't be made: \(String(cString: strerror(errno))); be root")
        }
        return SmallDisk(path: path)
    }

    func unmount() { umount2(self.path, Int32(MNT_DETACH)) }

    private var filling: String { "\(self.path)/drill-fills-the-disk" }

    /// Lengthens `file` to a whole number of pages: a disk that is full still has the rest of the last page for it.
    ///
    /// - Parameter line: what is added starts with it, and is one line.
    func fillPage(of file: String, with line: String) throws(DrillError) {
        var status = stat()
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw DrillError(.notInjected, "\(file) can't be lengthened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let missing = 4_096 - Int(status.st_size) % 4_096
        guard missing > line.utf8.count else { return }
        let text = line + String(repeating: "x", count: missing - line.utf8.count - 1) + "\n"
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw DrillError(.notInjected, "\(file) can't be lengthened: \(String(cString: strerror(errno)))")
        }
    }

    /// Takes all the room that is left.
    func fill() throws(DrillError) {
        let descriptor = open(self.filling, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DrillError(.notInjected, "\(self.path) can't be filled: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        for size in [65_536, 1_024, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while write(descriptor, bytes, size) == size {}
        }
    }

    func free() { unlink(self.filling) }
}
