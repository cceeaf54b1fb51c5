/// An array of one dimension as PostgreSQL sends and takes it in binary: nothing in it has to be quoted, and the server
/// parses no text (`array_recv` in PostgreSQL's `arrayfuncs.c`).
struct BinaryArray {
    /// OIDs of element types, which never change (`pg_type.dat`).
    private enum ElementType: Int32 {
        case bigint = 20
        case text = 25
    }

    private(set) var bytes: [UInt8] = []

    /// A `bigint[]`.
    init(_ values: [Int?]) {
        self.bytes.reserveCapacity(20 + 12 * values.count)
        self.begin(.bigint, count: values.count, hasNull: values.contains { $0 == nil })
        for value in values {
            guard let value else {
                self.append(Int32(-1))
                continue
            }
            self.append(Int32(8))
            self.append(Int64(value))
        }
    }

    /// A `text[]`.
    init(_ values: [String?]) {
        self.bytes.reserveCapacity(values.reduce(20) { $0 + 4 + ($1?.utf8.count ?? 0) })
        self.begin(.text, count: values.count, hasNull: values.contains { $0 == nil })
        for value in values {
            guard let value else {
                self.append(Int32(-1))
                continue
            }
            self.append(Int32(value.utf8.count))
            self.bytes += value.utf8
        }
    }

    private mutating func begin(_ type: ElementType, count: Int, hasNull: Bool) {
        self.append(Int32(count == 0 ? 0 : 1))  // dimensions
        self.append(Int32(hasNull ? 1 : 0))
        self.append(type.rawValue)
        guard count > 0 else { return }
        self.append(Int32(count))
        self.append(Int32(1))  // the first index
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { self.bytes += $0 }
    }
}
