import CLinux
import Compose
import Glibc
import Support

/// Where the watchdog of a project is spoken to: a unix socket in the state folder, for its owner alone.
struct ControlAddress {
    /// Why it can't be used, for a person.
    struct Failure: Error { let reason: String }

    private let folder: String
    private let name: String

    init(of folder: StateFolder) {
        self.folder = folder.path
        self.name = folder.controlName
    }

    var path: String { "\(self.folder)/\(self.name)" }

    /// Makes the socket and listens. The caller holds the project's lock, so a socket that is there is a dead one.
    func listen() throws(Failure) -> Int32 {
        try self.withAddress { (address, folder) throws(Failure) in
            unlinkat(folder, self.name, 0)
            let descriptor = try self.makeSocket()
            // On Linux a socket's file gets the mode of the socket: nobody else can slip in between.
            guard fchmod(descriptor, 0o600) == 0, bind(descriptor, address, ControlAddress.size) == 0,
                Glibc.listen(descriptor, 16) == 0
            else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw Failure(reason: "\(self.path): \(reason)")
            }
            return descriptor
        }
    }

    /// Nil when nobody listens.
    func connect() throws(Failure) -> Int32? {
        // Where no watchdog ever ran there is no folder either.
        if access(self.folder, F_OK) != 0, errno == ENOENT { return nil }
        return try self.withAddress { (address, _) throws(Failure) in
            let descriptor = try self.makeSocket()
            if Glibc.connect(descriptor, address, ControlAddress.size) == 0 { return descriptor }
            let code = errno
            close(descriptor)
            if code == ENOENT || code == ECONNREFUSED { return nil }
            throw Failure(reason: "\(self.path): \(String(cString: strerror(code)))")
        }
    }

    func remove() { unlink(self.path) }

    private static let size = socklen_t(MemoryLayout<sockaddr_un>.size)

    private func makeSocket() throws(Failure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw Failure(reason: "no socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    /// A unix socket's path has room for 107 bytes, and a project may lie deeper: it is reached through a descriptor of
    /// its folder.
    private func withAddress<Value>(
        _ body: (UnsafePointer<sockaddr>, _ folder: Int32) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let folder = open(self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Failure(reason: "\(self.folder): \(String(cString: strerror(errno)))") }
        defer { close(folder) }
        var status = stat()
        guard fstat(folder, &status) == 0, status.st_mode & 0o022 == 0,
            status.st_uid == geteuid() || status.st_uid == 0
        else {
            throw Failure(
                reason: "others may write to \(self.folder), and could put a socket of theirs there "
                    + "(chmod go-w \(self.folder), and let it be yours)")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "/proc/self/fd/\(folder)/\(self.name)"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        do {
            return try withUnsafePointer(to: &address) {
                try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, folder) }
            }
        } catch let failure as Failure { throw failure } catch { preconditionFailure("only failures are thrown") }
    }
}
