import Postgres

/// How many rows a table has: exact while that is cheap to find out.
struct TableCount: Sendable, Hashable {
    /// Counted row by row up to here, a millisecond's work; estimated beyond.
    static let exactMax = 10_000

    let count: Int
    let isEstimated: Bool

    /// One row with, for each of `tables`, the counted rows (at most one more than `exactMax`) and the estimate: the
    /// row density that the last `VACUUM` or `ANALYZE` saw, times the table's size of now, as the planner does it.
    static func sql(_ tables: [String]) -> String {
        let columns = tables.map { table in
            """
            (select count(*) from (select 1 from \(table) limit \(Self.exactMax + 1)) bounded),
            (select (reltuples / greatest(relpages, 1) * pg_relation_size(oid)
                / current_setting('block_size')::int)::bigint
             from pg_class where oid = '\(table)'::regclass)
            """
        }
        return "select " + columns.joined(separator: ",\n")
    }

    /// The count of the table at `index` of those asked for.
    static func read(_ rows: PostgresRows, _ index: Int) -> TableCount? {
        guard let counted = rows.integer(0, 2 * index), let estimate = rows.integer(0, 2 * index + 1) else {
            return nil
        }
        if counted <= Self.exactMax { return TableCount(count: counted, isEstimated: false) }
        // A table that was never analysed has no estimate (-1), but at least the rows that were counted.
        return TableCount(count: max(counted, estimate), isEstimated: true)
    }
}
