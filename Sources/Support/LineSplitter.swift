/// Cuts a stream of bytes that comes in pieces into lines.
public struct LineSplitter {
    private let limit: Int
    private var partial: [UInt8] = []

    /// - Parameter limit: the longest line in bytes; longer ones are cut into several.
    public init(limit: Int = 65_536) {
        self.limit = limit
    }

    /// Calls `body` for each line that `bytes` completes, without its line feed and a carriage return before it.
    public mutating func consume(_ bytes: UnsafeRawBufferPointer, _ body: (String) -> Void) {
        var rest = bytes[...]
        while let first = rest.first {
            if first == 0x0A {
                self.flush(body)
                rest = rest.dropFirst()
                continue
            }
            // Only now, as a line that is exactly as long as it may be is not cut.
            if self.partial.count == self.limit { self.flush(body) }
            let piece = rest.prefix { $0 != 0x0A }.prefix(self.limit - self.partial.count)
            self.partial += piece
            rest = rest[piece.endIndex...]
        }
    }

    /// Calls `body` for a last line that has no line feed, if there is one.
    public mutating func finish(_ body: (String) -> Void) {
        if !self.partial.isEmpty { self.flush(body) }
    }

    private mutating func flush(_ body: (String) -> Void) {
        if self.partial.last == 0x0D { self.partial.removeLast() }
        body(String(decoding: self.partial, as: UTF8.self))
        self.partial.removeAll(keepingCapacity: true)
    }
}
