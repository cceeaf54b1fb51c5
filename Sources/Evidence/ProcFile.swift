import Support

/// The text of files of `/proc` and `/sys`. Reading them blocks, and belongs on a thread of its own.
enum ProcFile {
    /// The first `limit` bytes of a file; nil when it can't be read.
    static func text(_ path: String, limit: Int = 65_536) -> String? {
        readFile(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }
}
