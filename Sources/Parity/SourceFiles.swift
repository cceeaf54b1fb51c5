import Glibc

/// Reads the files of a project. Blocks: for a thread of its own.
enum SourceFiles {
    /// Larger files are not read; those of people are not as large.
    static let sizeLimit = 1 << 20

    /// Why a file was not read.
    enum Failure: Error, Hashable {
        /// There is nothing of that name.
        case missing
        /// With the system's words, or that it is too large or no file at all.
        case unreadable(String)
    }

    /// The text of a file; bytes that are no UTF-8 come out as replacement characters.
    ///
    /// - Parameter followsLinks: a link in a repository may lead out of it, to a file that is nobody's business.
    static func text(_ path: String, followsLinks: Bool = true) throws(Failure) -> String {
        // Not blocking: the open of a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else {
            let (code, reason) = (errno, String(cString: strerror(errno)))
            guard [ENOENT, ENOTDIR].contains(code) else { throw .unreadable(reason) }
            var link = stat()
            throw lstat(path, &link) == 0 ? .unreadable("it is a link that leads nowhere") : .missing
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .unreadable("it is a folder")
        case S_IFIFO: throw .unreadable("it is a named pipe")
        default: throw .unreadable("it is no file")
        }
        guard status.st_size <= Self.sizeLimit else { throw .unreadable("it is larger than \(Self.sizeLimit) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { break }
            count += result
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The absolute path of `path`, links left in it as Compose leaves them: the shell's word for where we are counts
    /// when it is true.
    static func absolute(_ path: String, shellFolder: String?) -> String {
        guard !path.hasPrefix("/") else { return Path.normal(path) }
        var here = stat()
        var there = stat()
        if let folder = shellFolder, folder.hasPrefix("/"), stat(".", &here) == 0, stat(folder, &there) == 0,
            here.st_ino == there.st_ino, here.st_dev == there.st_dev
        {
            return Path.normal("\(folder)/\(path)")
        }
        guard let buffer = getcwd(nil, 0) else { return Path.normal(path) }
        defer { free(buffer) }
        return Path.normal("\(String(cString: buffer))/\(path)")
    }
}
