/// What an HTTP/1 server sends back to one `GET`, taken in piece by piece. Pure: bytes in, status and body out.
///
/// As much as a probe needs: interim answers are passed over, a body ends where its length, its last chunk or the
/// connection does. What is not HTTP is found at its first byte.
struct HTTPAnswer {
    /// How much of a body is kept, in bytes. Enough is known then: the rest is not waited for, and the status counts.
    static let bodyMax = 65_536
    /// How long a head, a chunk's first line or its trailers may be, in bytes.
    private static let linesMax = 65_536

    private enum Stage: Hashable {
        case head
        /// This much of the body, or of the chunk, is still to come.
        case body(left: Int), chunk(left: Int)
        case chunkHead, chunkEnd, trailers
        /// The body ends with the connection.
        case untilEnd
        case complete
        case broken(String)
    }

    private var stage = Stage.head
    /// Lines that are not whole yet.
    private var lines: [UInt8] = []
    /// 0 until the head was read.
    private(set) var status = 0
    private(set) var body: [UInt8] = []

    /// What it was, once no more bytes are wanted; nil before that.
    var outcome: ProbeOutcome? {
        switch self.stage {
        case .complete: .answered(status: self.status, body: String(decoding: self.body, as: UTF8.self))
        case .broken(let reason): .broken(reason)
        case .head, .body, .chunk, .chunkHead, .chunkEnd, .trailers, .untilEnd: nil
        }
    }

    /// Takes in what came next. Bytes behind the end of the answer are passed over.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty, self.outcome == nil {
            switch self.stage {
            case .head:
                self.takeLines(from: &rest, isBlock: true) { $0.readHead($1) }
            case .body(let left):
                self.take(left, from: &rest) { $0 == 0 ? .complete : .body(left: $0) }
            case .chunk(let left):
                self.take(left, from: &rest) { $0 == 0 ? .chunkEnd : .chunk(left: $0) }
            case .chunkHead:
                self.takeLines(from: &rest, isBlock: false) { $0.readChunkHead($1) }
            case .chunkEnd:
                self.takeLines(from: &rest, isBlock: false) {
                    $0.stage = $1.isEmpty ? .chunkHead : .broken("a chunk is longer than it says")
                }
            case .trailers:
                self.takeLines(from: &rest, isBlock: false) { if $1.isEmpty { $0.stage = .complete } }
            case .untilEnd:
                self.take(.max, from: &rest) { _ in .untilEnd }
            case .complete, .broken: return
            }
        }
    }

    /// The server has closed the connection.
    mutating func end() {
        switch self.stage {
        case .untilEnd: self.stage = .complete
        case .complete, .broken: break
        case .head where self.lines.isEmpty && self.status == 0: self.stage = .broken("it closed without an answer")
        case .head, .body, .chunk, .chunkHead, .chunkEnd, .trailers:
            self.stage = .broken("it closed in the middle of its answer")
        }
    }

    // MARK: Reading

    /// Takes body bytes, `left` at most.
    private mutating func take(
        _ left: Int, from rest: inout Slice<UnsafeRawBufferPointer>, then next: (_ left: Int) -> Stage
    ) {
        let piece = rest.prefix(left)
        rest = rest.dropFirst(piece.count)
        self.body += piece.prefix(Self.bodyMax - self.body.count)
        self.stage = self.body.count == Self.bodyMax ? .complete : next(left - piece.count)
    }

    /// Collects bytes up to the end of a line, or of a block of lines (an empty line), and hands them on without it.
    private mutating func takeLines(
        from rest: inout Slice<UnsafeRawBufferPointer>, isBlock: Bool,
        read: (inout HTTPAnswer, [UInt8]) -> Void
    ) {
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\n") else {
                self.lines.append(byte)
                if isBlock, !self.isLikeHTTP { return self.stage = .broken("what answers does not speak HTTP") }
                if self.lines.count > Self.linesMax { return self.stage = .broken("its head is too long") }
                continue
            }
            if self.lines.last == UInt8(ascii: "\r") { self.lines.removeLast() }
            // The newline that is kept stands for the end of a line within a block.
            if isBlock, !self.lines.isEmpty, self.lines.last != UInt8(ascii: "\n") {
                self.lines.append(byte)
                continue
            }
            let whole = self.lines
            self.lines = []
            return read(&self, whole)
        }
    }

    private static let beginning = Array("HTTP/1.".utf8)

    private var isLikeHTTP: Bool {
        let count = self.lines.count
        return count > Self.beginning.count || self.lines[count - 1] == Self.beginning[count - 1]
    }

    private mutating func readHead(_ lines: [UInt8]) {
        let lines = lines.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, let status = Self.status(in: first) else {
            return self.stage = .broken("its first line is no HTTP status")
        }
        // Another answer follows an interim one; 101 can't be, as nobody asked for it.
        if (100..<200).contains(status) { return }
        self.status = status
        if status == 204 || status == 304 { return self.stage = .complete }
        var length: Int?
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self).filter { $0 != " " && $0 != "\t" }
            switch name {
            case "transfer-encoding" where value.lowercased() == "chunked": return self.stage = .chunkHead
            case "transfer-encoding" where value.lowercased() != "identity":
                return self.stage = .broken("its body comes in an encoding that was not asked for")
            case "content-length":
                guard let number = Int(value), number >= 0, length ?? number == number else {
                    return self.stage = .broken("its Content-Length makes no sense")
                }
                length = number
            default: break
            }
        }
        self.stage = length.map { $0 == 0 ? .complete : .body(left: $0) } ?? .untilEnd
    }

    /// Of a line such as `HTTP/1.1 200 OK`.
    private static func status(in line: ArraySlice<UInt8>) -> Int? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count > 1, words[0].starts(with: Self.beginning), words[1].count == 3,
            let status = Int(String(decoding: words[1], as: UTF8.self)), status >= 100
        else { return nil }
        return status
    }

    private mutating func readChunkHead(_ line: [UInt8]) {
        let size = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        guard !size.isEmpty, !size.contains(UInt8(ascii: "-")), !size.contains(UInt8(ascii: "+")),
            let length = Int(String(decoding: size, as: UTF8.self), radix: 16)
        else { return self.stage = .broken("a chunk of its body has no length") }
        self.stage = length == 0 ? .trailers : .chunk(left: length)
    }
}
