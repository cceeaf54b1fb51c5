import Glibc

/// Small files, as a whole.
enum TextFile {
    /// - Returns: whether all of it was written. A new file is for its owner alone.
    static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        fchmod(fileno(file), 0o600)
        let isWritten = fputs(text, file) >= 0
        return fclose(file) == 0 && isWritten
    }

    /// Nil where there is none; the first MiB of a larger one.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
