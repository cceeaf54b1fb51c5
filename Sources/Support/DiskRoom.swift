import Glibc

/// How much room a disk has.
public struct DiskRoom: Hashable, Sendable, CustomStringConvertible {
    /// For all but root, in bytes.
    public let free: UInt64
    /// In bytes.
    public let size: UInt64
    /// How many more files it can hold.
    public let freeFiles: UInt64

    /// Of the disk that holds `path`; nil when it can't be told.
    public init?(of path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        self.free = UInt64(status.f_bavail) &* UInt64(status.f_frsize)
        self.size = UInt64(status.f_blocks) &* UInt64(status.f_frsize)
        self.freeFiles = UInt64(status.f_favail)
    }

    public var description: String {
        "\(self.free >> 20) MiB free of \(self.size >> 20) MiB, \(self.freeFiles) files free"
    }
}
