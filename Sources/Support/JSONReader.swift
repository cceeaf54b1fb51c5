/// Reads JSON (RFC 8259) that somebody else wrote, value by value, without making a tree of it: for messages that come all
/// the time.
///
/// Every value has to be taken, by one of the functions or by ``skip()``; ``end()`` checks that nothing follows. A value of
/// another type than asked for is skipped. The bytes have to be UTF-8.
///
///     if try reader.enterObject() {
///         while let name = try reader.nextName() {
///             if name == "points" { points = try reader.integer() } else { try reader.skip() }
///         }
///     }
public struct JSONReader: Sendable {
    /// Why a text is refused.
    public enum Fault: Error, Hashable {
        case malformed
        /// Arrays and objects inside each other beyond the limit.
        case tooDeep
    }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var index = 0
    private var depth = 0
    /// Behind the opening bracket: no comma is due.
    private var isFirst = false

    /// - Parameter depthMax: levels of arrays and objects.
    public init(_ bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// Checks that nothing follows but white space.
    public mutating func end() throws(Fault) {
        guard self.peek() == nil else { throw .malformed }
    }

    // MARK: Objects and arrays

    /// Enters an object, whose members then have to be taken with ``nextName()``; false when this is none.
    public mutating func enterObject() throws(Fault) -> Bool { try self.enter(UInt8(ascii: "{")) }

    /// The name of the next member, whose value has to be taken then; nil behind the last one.
    public mutating func nextName() throws(Fault) -> String? {
        guard try self.hasNext(before: UInt8(ascii: "}")) else { return nil }
        guard self.peek() == UInt8(ascii: "\"") else { throw .malformed }
        let name = try self.text()
        guard self.peek() == UInt8(ascii: ":") else { throw .malformed }
        self.index += 1
        return name
    }

    /// Enters an array, whose values then have to be taken as long as ``nextElement()`` says so; false when this is none.
    public mutating func enterArray() throws(Fault) -> Bool { try self.enter(UInt8(ascii: "[")) }

    /// Whether there is one more value, which has to be taken then.
    public mutating func nextElement() throws(Fault) -> Bool { try self.hasNext(before: UInt8(ascii: "]")) }

    private mutating func enter(_ bracket: UInt8) throws(Fault) -> Bool {
        guard self.peek() == bracket else {
            try self.skip()
            return false
        }
        self.index += 1
        self.depth += 1
        guard self.depth <= self.depthMax else { throw .tooDeep }
        self.isFirst = true
        return true
    }

    private mutating func hasNext(before bracket: UInt8) throws(Fault) -> Bool {
        let next = self.peek()
        defer { self.isFirst = false }
        if next == bracket {
            self.index += 1
            self.depth -= 1
            return false
        }
        if self.isFirst { return true }
        guard next == UInt8(ascii: ",") else { throw .malformed }
        self.index += 1
        return true
    }

    // MARK: Values

    /// The text; nil when this is none.
    public mutating func string() throws(Fault) -> String? {
        if self.peek() == UInt8(ascii: "\"") { return try self.text() }
        try self.skip()
        return nil
    }

    /// The whole number, written without fraction and exponent; nil when this is none, or one that does not fit.
    public mutating func integer() throws(Fault) -> Int? {
        guard let first = self.peek(), first == UInt8(ascii: "-") || Self.isDigit(first) else {
            try self.skip()
            return nil
        }
        let start = self.index
        guard try self.skipNumber() else { return nil }
        var value = 0
        let isNegative = first == UInt8(ascii: "-")
        for byte in self.bytes[(isNegative ? start + 1 : start)..<self.index] {
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int(byte - UInt8(ascii: "0"))
            let (sum, isTooLargeThen) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if isTooLarge || isTooLargeThen { return nil }
            value = sum
        }
        return value
    }

    /// True or false; nil when this is neither.
    public mutating func bool() throws(Fault) -> Bool? {
        let first = self.peek()
        try self.skip()
        return first == UInt8(ascii: "t") ? true : first == UInt8(ascii: "f") ? false : nil
    }

    /// Takes a null; false, and nothing taken, when this is none.
    public mutating func null() throws(Fault) -> Bool {
        guard self.peek() == UInt8(ascii: "n") else { return false }
        try self.skip(word: "null")
        return true
    }

    /// Takes any value.
    public mutating func skip() throws(Fault) {
        switch self.peek() {
        case UInt8(ascii: "{"):
            guard try self.enterObject() else { return }
            while try self.nextName() != nil { try self.skip() }
        case UInt8(ascii: "["):
            guard try self.enterArray() else { return }
            while try self.nextElement() { try self.skip() }
        case UInt8(ascii: "\""): _ = try self.skipText()
        case UInt8(ascii: "t"): try self.skip(word: "true")
        case UInt8(ascii: "f"): try self.skip(word: "false")
        case UInt8(ascii: "n"): try self.skip(word: "null")
        default: _ = try self.skipNumber()
        }
    }

    // MARK: Bytes

    /// The next byte that is no white space, which is left there; nil at the end.
    private mutating func peek() -> UInt8? {
        while self.index < self.bytes.count {
            switch self.bytes[self.index] {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func skip(word: StaticString) throws(Fault) {
        let end = self.index + word.utf8CodeUnitCount
        guard end <= self.bytes.count else { throw .malformed }
        for offset in 0..<word.utf8CodeUnitCount
        where self.bytes[self.index + offset] != word.utf8Start[offset] { throw .malformed }
        self.index = end
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// False for a number with a fraction or an exponent.
    private mutating func skipNumber() throws(Fault) -> Bool {
        _ = self.takes("-")
        let start = self.index
        try self.skipDigits()
        if self.index > start + 1, self.bytes[start] == UInt8(ascii: "0") { throw .malformed }
        var isWhole = true
        if self.takes(".") {
            isWhole = false
            try self.skipDigits()
        }
        if self.takes("e") || self.takes("E") {
            isWhole = false
            if !self.takes("+") { _ = self.takes("-") }
            try self.skipDigits()
        }
        return isWhole
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    private mutating func skipDigits() throws(Fault) {
        let start = self.index
        while self.index < self.bytes.count, Self.isDigit(self.bytes[self.index]) { self.index += 1 }
        guard self.index > start else { throw .malformed }
    }

    /// Takes a text without reading it; true when there are escapes in it.
    private mutating func skipText() throws(Fault) -> Bool {
        self.index += 1
        var hasEscapes = false
        while self.index < self.bytes.count {
            let byte = self.bytes[self.index]
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""): return hasEscapes
            case 0..<0x20: throw .malformed
            case UInt8(ascii: "\\"):
                hasEscapes = true
                _ = try self.escaped()
            default: break
            }
        }
        throw .malformed
    }

    private mutating func text() throws(Fault) -> String {
        let start = self.index + 1
        if try !self.skipText() { return String(decoding: self.bytes[start..<(self.index - 1)], as: UTF8.self) }
        let end = self.index
        self.index = start
        var text: [UInt8] = []
        text.reserveCapacity(end - start)
        while self.index < end - 1 {
            let byte = self.bytes[self.index]
            self.index += 1
            if byte == UInt8(ascii: "\\") {
                text += String(Character(try self.escaped())).utf8
            } else {
                text.append(byte)
            }
        }
        self.index = end
        return String(decoding: text, as: UTF8.self)
    }

    /// Takes what stands behind a backslash.
    private mutating func escaped() throws(Fault) -> Unicode.Scalar {
        guard self.index < self.bytes.count else { throw .malformed }
        let byte = self.bytes[self.index]
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw .malformed
        }
        let unit = try self.fourDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Half of a pair (RFC 8259, 7); the other half has to follow.
        guard 0xD800..<0xDC00 ~= unit, self.takes("\\"), self.takes("u") else { throw .malformed }
        let low = try self.fourDigits()
        guard 0xDC00..<0xE000 ~= low,
            let scalar = Unicode.Scalar(0x10000 + UInt32(unit - 0xD800) << 10 + UInt32(low - 0xDC00))
        else { throw .malformed }
        return scalar
    }

    private mutating func fourDigits() throws(Fault) -> UInt16 {
        guard self.index + 4 <= self.bytes.count else { throw .malformed }
        var value: UInt16 = 0
        for byte in self.bytes[self.index..<(self.index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .malformed }
            value = value << 4 | UInt16(digit)
        }
        self.index += 4
        return value
    }
}
