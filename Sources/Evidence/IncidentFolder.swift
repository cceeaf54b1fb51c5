import Glibc
public import Support

/// Where the evidence of one incident lies: `TIME-PROJECT-NUMBER` in the folder of all incidents. Its files are for
/// their owner alone. What is written here blocks, and belongs on a thread of its own.
public struct IncidentFolder: Hashable, Sendable {
    /// How many are kept; the oldest go first.
    public static let countMax = 50
    /// Nothing is written where less is free, in bytes: the disk's last room is for the services.
    static let roomMin: UInt64 = 16 << 20

    /// Why something is not in the folder, for a person.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The folder of all incidents.
    public let parent: String
    public let name: String
    public var path: String { "\(self.parent)/\(self.name)" }

    /// The path, where the folder is there.
    public var existing: String? { access(self.path, F_OK) == 0 ? self.path : nil }

    /// The text of one of its files; nil where there is none.
    public func text(of file: String) -> String? { ProcFile.text("\(self.path)/\(file)", limit: 4 << 20) }

    /// - Parameters:
    ///   - parent: the folder of all incidents.
    ///   - began: when it was detected; with project and number it names the incident for ever.
    public init(in parent: String, project: String, number: Int, began: Timestamp) {
        self.parent = parent
        let time = began.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        self.name = "\(time)Z-\(project)-\(number)"
    }

    /// Makes the folder where it is missing, and lets go of the oldest ones.
    public func make() throws(Failure) {
        mkdir(self.parent, 0o700)
        let isNew = mkdir(self.path, 0o700) == 0
        guard isNew || errno == EEXIST else { throw self.failure(self.path) }
        if isNew { self.forgetOldest() }
    }

    /// Writes a file, over an older one of the name.
    ///
    /// - Parameter file: a name, or a folder's and a file's name with a slash.
    public func write(_ bytes: [UInt8], to file: String) throws(Failure) {
        if let room = DiskRoom(of: self.parent), room.free < IncidentFolder.roomMin {
            throw Failure(
                description: "\(self.parent): the disk has less than \(IncidentFolder.roomMin >> 20) MiB free")
        }
        let path = "\(self.path)/\(file)"
        if let slash = file.lastIndex(of: "/") { mkdir("\(self.path)/\(file[..<slash])", 0o700) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw self.failure(path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw self.failure(path) }
            rest = rest.dropFirst(count)
        }
    }

    private func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }

    /// The name begins with the time, so the order of names is that of time.
    private func forgetOldest() {
        let names = (folderNames(self.parent) ?? []).filter { $0.first?.isNumber == true }
        for name in names.dropLast(IncidentFolder.countMax) where name != self.name {
            IncidentFolder.remove("\(self.parent)/\(name)", depth: 3)
        }
    }

    private static func remove(_ path: String, depth: Int) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        if depth > 0 { for name in folderNames(path) ?? [] { self.remove("\(path)/\(name)", depth: depth - 1) } }
        rmdir(path)
    }
}
