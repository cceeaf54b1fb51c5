import CLinux
import Glibc

/// Unix stream sockets that do not block. Their descriptors are the caller's to close, and no program that is started
/// gets them.
public enum UnixSocket {
    /// One that listens on a new file at `path`, for its owner and whoever the mask lets in; nil, with `errno`, where that
    /// can't be made. A path has room for 107 bytes.
    public static func listening(at path: String) -> Int32? {
        self.open(path) { descriptor, address, length in
            bind(descriptor, address, length) == 0 && listen(descriptor, 128) == 0
        }
    }

    /// One that is connected to who listens at `path`; nil, with `errno`, when nobody does.
    public static func connected(to path: String) -> Int32? {
        self.open(path) { connect($0, $1, $2) == 0 }
    }

    /// The next connection that waits at `listener`; nil, with `errno`, while there is none.
    public static func accepted(by listener: Int32) -> Int32? {
        let descriptor = linux_accept(listener)
        return descriptor >= 0 ? descriptor : nil
    }

    private static func open(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return nil }
        let isUsed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard !isUsed else { return descriptor }
        let code = errno
        close(descriptor)
        errno = code
        return nil
    }
}
