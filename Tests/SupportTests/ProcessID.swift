import Glibc

enum ProcessID {
    static var own: Int32 { getpid() }

    static func remove(_ path: String) { unlink(path) }
}
