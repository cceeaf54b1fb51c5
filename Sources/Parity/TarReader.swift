/// Reads a tar archive (POSIX ustar and pax, and GNU's long names) as it comes, in pieces of any size.
///
/// It keeps no content: that is handed on piece by piece. What is no tar ends it, and is no error of whoever wrote it.
struct TarReader {
    /// What is read next.
    private enum Part {
        case head
        /// Content of an entry, with what fills it up to whole blocks.
        case content(Kind, rest: Int, padding: Int)
        /// Something else than a tar.
        case foreign
    }

    private enum Kind { case file, longName, pax, other }

    /// What of a file is handed on.
    enum Piece {
        /// A file begins: its path without `./` before it, and its size in bytes.
        case begin(path: String, size: Int)
        case bytes(UnsafeRawBufferPointer)
        case end
    }

    private static let block = 512
    /// No path is longer.
    private static let nameLimit = 1 << 16

    private var part = Part.head
    private var head: [UInt8] = []
    /// The content of an entry that only says the name of the next one.
    private var name: [UInt8] = []
    private var longPath: String?

    /// Whether what came is something else than a tar.
    var isForeign: Bool { if case .foreign = self.part { true } else { false } }

    mutating func read(_ bytes: UnsafeRawBufferPointer, _ hand: (Piece) -> Void) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch self.part {
            case .foreign: return
            case .head:
                let piece = rest.prefix(Self.block - self.head.count)
                self.head += piece
                rest = rest.dropFirst(piece.count)
                if self.head.count == Self.block { self.begin(hand) }
            case .content(let kind, let left, let padding):
                let piece = rest.prefix(left)
                if !piece.isEmpty {
                    switch kind {
                    case .file: hand(.bytes(UnsafeRawBufferPointer(rebasing: piece)))
                    case .longName, .pax:
                        if self.name.count < Self.nameLimit { self.name += piece }
                    case .other: break
                    }
                }
                rest = rest.dropFirst(piece.count)
                guard left == piece.count else {
                    self.part = .content(kind, rest: left - piece.count, padding: padding)
                    return
                }
                let filling = rest.prefix(padding)
                rest = rest.dropFirst(filling.count)
                self.part = .content(kind, rest: 0, padding: padding - filling.count)
                if filling.count == padding { self.end(kind, hand) }
            }
        }
    }

    private mutating func begin(_ hand: (Piece) -> Void) {
        defer { self.head.removeAll(keepingCapacity: true) }
        // Blocks of zeros stand at the end.
        guard self.head.contains(where: { $0 != 0 }) else { return }
        guard self.head[257..<262].elementsEqual("ustar".utf8), let size = self.number(124..<136) else {
            self.part = .foreign
            return
        }
        let kind: Kind =
            switch self.head[156] {
            case UInt8(ascii: "0"), 0: .file
            case UInt8(ascii: "L"): .longName
            case UInt8(ascii: "x"): .pax
            default: .other
            }
        self.name.removeAll()
        let padding = (Self.block - size % Self.block) % Self.block
        self.part = size == 0 ? .head : .content(kind, rest: size, padding: padding)
        switch kind {
        case .file:
            hand(.begin(path: self.takePath(), size: size))
            if size == 0 { hand(.end) }
        case .other: self.longPath = nil
        case .longName, .pax: break
        }
    }

    private mutating func end(_ kind: Kind, _ hand: (Piece) -> Void) {
        self.part = .head
        switch kind {
        case .file: hand(.end)
        case .longName: self.longPath = String(decoding: self.name.prefix { $0 != 0 }, as: UTF8.self)
        // `27 path=some/long/path` and a line's end, each.
        case .pax:
            let lines = String(decoding: self.name, as: UTF8.self).split(separator: "\n")
            let paths = lines.compactMap { line in line.firstRange(of: " path=").map { line[$0.upperBound...] } }
            self.longPath = paths.last.map(String.init) ?? self.longPath
        case .other: break
        }
    }

    private mutating func takePath() -> String {
        var path =
            self.longPath ?? [self.text(345..<500), self.text(0..<100)].filter { !$0.isEmpty }.joined(separator: "/")
        self.longPath = nil
        if path.hasPrefix("./") { path.removeFirst(2) }
        return path
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: self.head[range].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal, or with the first bit set the number itself. Nil when it is neither.
    private func number(_ range: Range<Int>) -> Int? {
        let field = self.head[range]
        if let first = field.first, first & 0x80 != 0 {
            // More than an Int holds is no size.
            guard field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.filter { $0 != 0 && $0 != UInt8(ascii: " ") }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
