import Glibc

/// A folder for one test, removed with the files in it when nobody holds it any more.
public final class TestFolder: Sendable {
    public let path: String

    public init() {
        self.path = "/tmp/selfheal-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        mkdir(self.path, 0o700)
    }

    deinit { Self.empty(self.path) }

    private static func empty(_ path: String) {
        if let folder = opendir(path) {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { Self.empty("\(path)/\(name)") }
            }
        }
        remove(path)
    }
}
