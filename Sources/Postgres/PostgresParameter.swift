/// A value for one of the `$1`, `$2`, … of a statement. The server decides by its place what type it has.
///
/// Literals stand for themselves; `nil` is NULL.
public struct PostgresParameter: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        case text(String)
        case bytes([UInt8])
        case integers([Int?])
        case texts([String?])
    }

    let content: Content

    /// As PostgreSQL writes values of the type, NULL when nil. Text with a NUL character, which PostgreSQL has no place
    /// for, makes the statement fail with SQLSTATE 22021.
    public static func text(_ value: String?) -> PostgresParameter {
        PostgresParameter(content: value.map { .text($0) } ?? .null)
    }

    /// A whole number of any integer type, NULL when nil.
    public static func integer(_ value: Int?) -> PostgresParameter { .text(value.map { String($0) }) }

    /// A `boolean`, NULL when nil.
    public static func bool(_ value: Bool?) -> PostgresParameter { .text(value.map { $0 ? "t" : "f" }) }

    /// A `double precision` or `numeric`, NULL when nil.
    public static func number(_ value: Double?) -> PostgresParameter { .text(value.map { String($0) }) }

    /// A `bytea`, NULL when nil.
    public static func bytes(_ value: [UInt8]?) -> PostgresParameter {
        PostgresParameter(content: value.map { .bytes($0) } ?? .null)
    }

    /// A `bigint[]`; what is nil in it is NULL.
    public static func integers(_ values: [Int?]) -> PostgresParameter { PostgresParameter(content: .integers(values)) }

    /// A `text[]`; what is nil in it is NULL.
    public static func texts(_ values: [String?]) -> PostgresParameter { PostgresParameter(content: .texts(values)) }

    var containsNUL: Bool {
        switch self.content {
        case .text(let text): text.utf8.contains(0)
        case .texts(let texts): texts.contains { $0?.utf8.contains(0) ?? false }
        case .null, .bytes, .integers: false
        }
    }
}

extension PostgresParameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .text(nil) }
}

/// The values of one statement in the form that libpq takes them. Valid until ``free()``.
struct ParameterBuffers {
    private(set) var values: [UnsafePointer<CChar>?] = []
    private(set) var lengths: [Int32] = []
    /// 0 is text, 1 binary.
    private(set) var formats: [Int32] = []

    init(_ parameters: [PostgresParameter]) {
        for parameter in parameters {
            switch parameter.content {
            case .null: self.append(nil, format: 0)
            case .text(let text): self.append(Array(text.utf8), format: 0)
            case .bytes(let bytes): self.append(bytes, format: 1)
            case .integers(let values): self.append(BinaryArray(values).bytes, format: 1)
            case .texts(let values): self.append(BinaryArray(values).bytes, format: 1)
            }
        }
    }

    private mutating func append(_ bytes: [UInt8]?, format: Int32) {
        let copy = bytes.flatMap { bytes in
            // Text ends at its NUL.
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
            copy.copyBytes(from: bytes)
            copy[bytes.count] = 0
            return UnsafeRawPointer(copy.baseAddress)?.assumingMemoryBound(to: CChar.self)
        }
        self.values.append(copy)
        self.lengths.append(Int32(bytes?.count ?? 0))
        self.formats.append(format)
    }

    func free() {
        for value in self.values { UnsafeMutableRawPointer(mutating: value)?.deallocate() }
    }
}
