/// The rows of one answer, as text; NULL is nil.
public struct PostgresRows: Sendable, Hashable {
    public let rows: [[String?]]

    /// The value in `row` and `column` as a whole number; nil where there is none.
    public func integer(_ row: Int, _ column: Int) -> Int? {
        guard self.rows.indices.contains(row), self.rows[row].indices.contains(column) else { return nil }
        return self.rows[row][column].flatMap { Int($0) }
    }
}
