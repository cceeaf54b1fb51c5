import Glibc

extension AppendOnlyFile {
    /// The descriptor behind an ``AppendOnlyFile``.
    ///
    /// `@unchecked Sendable`: used on the file's own thread only, one job at a time.
    final class OpenFile: @unchecked Sendable {
        private let path: String
        private let limit: Int
        private var descriptor: Int32 = -1
        /// Whether the last write was torn, so that the next line must begin with a line feed.
        private var isTorn = false

        init(path: String, limit: Int) {
            self.path = path
            self.limit = limit
        }

        deinit { if self.descriptor >= 0 { close(self.descriptor) } }

        func append(_ line: String) throws(Failure) {
            try self.openIfNeeded()
            try self.rotateIfNeeded()
            var bytes = Array(line.utf8).map { $0 == 0x0A ? 0x20 : $0 }
            bytes.append(0x0A)
            if self.isTorn { bytes.insert(0x0A, at: 0) }
            let count = bytes.withUnsafeBytes { self.retrying(write(self.descriptor, $0.baseAddress, $0.count)) }
            guard count >= 0 else { throw self.failure() }
            guard count == bytes.count else {
                // The disk filled up within the line. What is there of it is cut off again where that is possible.
                // Cut off, the file ends as it did before, which may be within an older line.
                if !self.takeBack(count) { self.isTorn = true }
                errno = ENOSPC
                throw self.failure()
            }
            self.isTorn = false
            guard self.retrying(Int(fdatasync(self.descriptor))) == 0 else {
                let failure = self.failure()
                // After a failed sync the kernel may count the pages as clean: only a fresh descriptor tells the truth.
                self.drop()
                throw failure
            }
        }

        /// Opens the file, or opens it again when its name stands for another file by now, or for none.
        func openIfNeeded() throws(Failure) {
            if self.descriptor >= 0, self.isStillInPlace { return }
            self.drop()
            let wasThere = access(self.path, F_OK) == 0
            self.descriptor = Glibc.open(self.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            guard self.descriptor >= 0 else { throw self.failure() }
            var status = stat()
            guard fstat(self.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                self.drop()
                throw Failure(path: self.path, reason: "is not a regular file")
            }
            if !wasThere { self.syncFolder() }
            self.isTorn = self.endsWithinLine(size: status.st_size)
        }

        private func rotateIfNeeded() throws(Failure) {
            var status = stat()
            guard fstat(self.descriptor, &status) == 0, status.st_size > self.limit else { return }
            // Where the name can't be changed (a folder that is not ours to write, a file mounted into a container) it
            // grows on: a line matters more than the size.
            guard rename(self.path, self.path + ".1") == 0 else { return }
            try self.openIfNeeded()
        }

        private var isStillInPlace: Bool {
            var (ours, named) = (stat(), stat())
            return fstat(self.descriptor, &ours) == 0 && stat(self.path, &named) == 0 && ours.st_nlink > 0
                && ours.st_ino == named.st_ino && ours.st_dev == named.st_dev
        }

        /// Another process that died in the middle of a write leaves a line without its end.
        private func endsWithinLine(size: Int) -> Bool {
            guard size > 0 else { return false }
            let reader = Glibc.open(self.path, O_RDONLY | O_CLOEXEC)
            guard reader >= 0 else { return false }
            defer { close(reader) }
            var last: UInt8 = 0x0A
            return pread(reader, &last, 1, size - 1) == 1 && last != 0x0A
        }

        private func takeBack(_ count: Int) -> Bool {
            var status = stat()
            return fstat(self.descriptor, &status) == 0 && ftruncate(self.descriptor, status.st_size - count) == 0
        }

        /// A new name is on the disk only when its folder is.
        private func syncFolder() {
            let folder = self.path.lastIndex(of: "/").map { self.path[...$0] } ?? "."
            let descriptor = Glibc.open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            fsync(descriptor)
            close(descriptor)
        }

        private func drop() {
            if self.descriptor >= 0 { close(self.descriptor) }
            self.descriptor = -1
        }

        private func retrying(_ call: @autoclosure () -> Int) -> Int {
            while true {
                let result = call()
                if result >= 0 || errno != EINTR { return result }
            }
        }

        private func failure() -> Failure {
            Failure(path: self.path, reason: String(cString: strerror(errno)))
        }
    }
}
