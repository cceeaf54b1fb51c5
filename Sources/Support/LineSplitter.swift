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
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A)
            let piece = rest[..<(end ?? rest.endIndex)].prefix(self.limit - self.partial.count)
            self.partial += piece
            if piece.endIndex == end {
                rest = rest[(piece.endIndex + 1)...]
                self.flush(body)
            } else {
                rest = rest[piece.endIndex...]
                if self.partial.count == self.limit { self.flush(body) }
            }
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
