/// Writes JSON (RFC 8259) piece by piece, without making a tree of it first: for what is written all the time, where a
/// ``JSONValue`` costs several times as much.
///
/// Inside ``object(_:)`` come members, inside ``array(_:)`` values.
public struct JSONWriter {
    private var bytes: [UInt8] = []
    /// Something stands before: a comma is due.
    private var isBehind = false

    /// - Parameter capacity: bytes that are set aside at the start; more are when they are needed.
    public init(capacity: Int = 256) { self.bytes.reserveCapacity(capacity) }

    /// What was written.
    public var text: String { String(decoding: self.bytes, as: UTF8.self) }

    // MARK: Values

    public mutating func object(_ body: (inout JSONWriter) -> Void) { self.inside("{", "}", body) }

    public mutating func array(_ body: (inout JSONWriter) -> Void) { self.inside("[", "]", body) }

    public mutating func integer(_ value: Int) {
        self.separate()
        self.append(digitsOf: value)
    }

    private mutating func integers(_ values: [Int]) {
        self.array { json in values.forEach { json.integer($0) } }
    }

    public mutating func bool(_ value: Bool) { self.append(word: value ? "true" : "false") }

    public mutating func null() { self.append(word: "null") }

    public mutating func string(_ value: String) {
        self.separate()
        var value = value
        let isPlain = value.withUTF8 { bytes in
            guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else { return false }
            self.bytes.append(0x22)
            self.bytes += bytes
            self.bytes.append(0x22)
            return true
        }
        if !isPlain { self.bytes += JSONValue.string(value).text.utf8 }
    }

    public mutating func value(_ value: JSONValue) {
        self.separate()
        self.bytes += value.text.utf8
    }

    // MARK: Members

    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        self.object(body)
    }

    public mutating func array(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        self.array(body)
    }

    /// A text, or null.
    public mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { self.string(value) } else { self.null() }
    }

    public mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        self.integer(value)
    }

    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        self.bool(value)
    }

    public mutating func member(_ name: StaticString, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    public mutating func member(_ name: StaticString, _ values: [Int]) {
        self.name(name)
        self.integers(values)
    }

    public mutating func member(_ name: StaticString, _ lists: [[Int]]) {
        self.array(name) { json in lists.forEach { json.integers($0) } }
    }

    /// Members that are written already: the inside of an object.
    public mutating func members(written text: Substring.UTF8View) {
        self.separate()
        self.bytes += text
    }

    // MARK: Bytes

    private mutating func inside(_ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout Self) -> Void) {
        self.separate()
        self.bytes.append(UInt8(ascii: opening))
        self.isBehind = false
        body(&self)
        self.bytes.append(UInt8(ascii: closing))
        self.isBehind = true
    }

    private mutating func separate() {
        if self.isBehind { self.bytes.append(UInt8(ascii: ",")) }
        self.isBehind = true
    }

    private mutating func name(_ name: StaticString) {
        self.separate()
        self.bytes.append(0x22)
        self.append(name)
        self.bytes.append(0x22)
        self.bytes.append(UInt8(ascii: ":"))
        self.isBehind = false
    }

    private mutating func append(word: StaticString) {
        self.separate()
        self.append(word)
    }

    private mutating func append(_ text: StaticString) {
        self.bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    private mutating func append(digitsOf value: Int) {
        if value < 0 { self.bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = self.bytes.count
        repeat {
            self.bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self.bytes[start...].reverse()
    }
}
