/// Writes JSON (RFC 8259) piece by piece, without making a tree of it first: for what is written all the time, where a
/// ``JSONValue`` costs several times as much.
///
/// Inside ``object(_:)`` come members, inside ``array(_:)`` values. One that is kept and cleared writes again into the
/// memory that it has.
public struct JSONWriter: ~Copyable {
    // Memory of its own, not an array: each piece is a few bytes, and an array asks before each whether it is shared.
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0
    /// Something stands before: a comma is due.
    private var isBehind = false

    /// - Parameter capacity: bytes that are set aside at the start; more are when they are needed.
    public init(capacity: Int = 256) {
        self.start = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { self.start.deallocate() }

    /// What was written.
    public var text: String { self.withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Calls `body` with what was written, good during the call alone.
    public borrowing func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: self.start, count: self.count))
    }

    /// Begins anew.
    public mutating func clear() {
        self.count = 0
        self.isBehind = false
    }

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
            self.append(UInt8(ascii: "\""))
            self.append(bytes)
            self.append(UInt8(ascii: "\""))
            return true
        }
        if !isPlain { self.append(JSONValue.string(value).text) }
    }

    /// As RFC 3339 writes it, to the millisecond.
    public mutating func timestamp(_ value: Timestamp) {
        self.separate()
        self.append(UInt8(ascii: "\""))
        self.makeRoom(for: Timestamp.length)
        value.write(to: self.start + self.count)
        self.count += Timestamp.length
        self.append(UInt8(ascii: "\""))
    }

    public mutating func value(_ value: JSONValue) {
        self.separate()
        self.append(value.text)
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

    /// A moment, or null.
    public mutating func member(_ name: StaticString, _ value: Timestamp?) {
        self.name(name)
        if let value { self.timestamp(value) } else { self.null() }
    }

    public mutating func member(_ name: StaticString, _ values: [Int]) {
        self.name(name)
        self.integers(values)
    }

    public mutating func member(_ name: StaticString, _ lists: [[Int]]) {
        self.array(name) { json in lists.forEach { json.integers($0) } }
    }

    /// The members of `text`, an object that is written already.
    public mutating func members(ofObject text: String) {
        self.separate()
        var text = text
        text.withUTF8 { self.append(UnsafeBufferPointer(rebasing: $0.dropFirst().dropLast())) }
    }

    // MARK: Bytes

    private mutating func inside(_ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout Self) -> Void) {
        self.separate()
        self.append(UInt8(ascii: opening))
        self.isBehind = false
        body(&self)
        self.append(UInt8(ascii: closing))
        self.isBehind = true
    }

    private mutating func separate() {
        if self.isBehind { self.append(UInt8(ascii: ",")) }
        self.isBehind = true
    }

    private mutating func name(_ name: StaticString) {
        self.separate()
        self.append(UInt8(ascii: "\""))
        self.append(name)
        self.append(UInt8(ascii: "\""))
        self.append(UInt8(ascii: ":"))
        self.isBehind = false
    }

    private mutating func append(word: StaticString) {
        self.separate()
        self.append(word)
    }

    private mutating func append(_ text: StaticString) {
        self.append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { self.append($0) }
    }

    private mutating func append(digitsOf value: Int) {
        if value < 0 { self.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        // The largest has twenty.
        self.makeRoom(for: 20)
        var digits = 1
        var limit: UInt = 10
        while digits < 20, rest >= limit {
            digits += 1
            limit = digits < 20 ? limit * 10 : limit
        }
        for index in stride(from: self.count + digits - 1, through: self.count, by: -1) {
            self.start[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        self.count += digits
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        self.makeRoom(for: bytes.count)
        (self.start + self.count).update(from: source, count: bytes.count)
        self.count += bytes.count
    }

    private mutating func append(_ byte: UInt8) {
        self.makeRoom(for: 1)
        self.start[self.count] = byte
        self.count += 1
    }

    private mutating func makeRoom(for bytes: Int) {
        guard self.count + bytes > self.capacity else { return }
        let capacity = max(self.count + bytes, 2 * self.capacity)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: self.start, count: self.count)
        self.start.deallocate()
        self.start = larger
        self.capacity = capacity
    }
}
