/// The rows of one answer, as text; NULL is nil.
public struct PostgresRows: Sendable, Hashable {
    public let rows: [[String?]]

    /// The value in `row` and `column` as a whole number; nil where there is none.
    public func integer(_ row: Int, _ column: Int) -> Int? {
        guard self.rows.indices.contains(row), self.rows[row].indices.contains(column) else { return nil }
        return self.rows[row][column].flatMap { Int($0) }
    }

    /// Each row as a tuple of the types named, one for each column in its order:
    /// `for (id, name) in try rows.decoded(as: Int.self, String.self)`.
    ///
    /// - Throws: ``PostgresError/Code/unexpectedAnswer`` when a row has another number of columns, or a value is not of
    ///   its type (NULL is a value of optional types only).
    public func decoded<each Value: PostgresDecodable>(
        as types: repeat (each Value).Type
    ) throws(PostgresError) -> [(repeat each Value)] {
        var tuples: [(repeat each Value)] = []
        tuples.reserveCapacity(self.rows.count)
        for row in self.rows {
            var reader = RowReader(row)
            tuples.append((repeat try reader.next(each types)))
            try reader.end()
        }
        return tuples
    }

    /// The first row as ``decoded(as:)`` reads it; nil when there is none.
    public func first<each Value: PostgresDecodable>(
        as types: repeat (each Value).Type
    ) throws(PostgresError) -> (repeat each Value)? {
        try PostgresRows(rows: Array(self.rows.prefix(1))).decoded(as: repeat each types).first
    }
}

/// Takes a row's values one after the other.
private struct RowReader {
    private let row: [String?]
    private var column = 0

    init(_ row: [String?]) { self.row = row }

    mutating func next<Value: PostgresDecodable>(_ type: Value.Type) throws(PostgresError) -> Value {
        guard self.column < self.row.count else { throw self.mismatch("has no column \(self.column + 1)") }
        defer { self.column += 1 }
        // Without the value: it may be a secret of somebody.
        guard let value = Value(postgresText: self.row[self.column]) else {
            throw self.mismatch("has no \(type) in column \(self.column + 1)")
        }
        return value
    }

    func end() throws(PostgresError) {
        guard self.column == self.row.count else { throw self.mismatch("has \(self.row.count) columns") }
    }

    private func mismatch(_ what: String) -> PostgresError {
        PostgresError(code: .unexpectedAnswer, message: "a row \(what)")
    }
}
