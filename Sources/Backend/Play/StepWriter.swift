import EventLoop
import Postgres

/// Commits steps, as many together as have come while the last commit was on its way (decision 019).
@Loop
final class StepWriter {
    private typealias Outcome = Result<Bool, PostgresError>

    private struct Waiting {
        let row: StepRow
        let caller: CheckedContinuation<Outcome, Never>
    }

    /// In one commit: its notification has room for them (PostgreSQL takes 8000 bytes).
    private static nonisolated let batchMost = 200
    /// In line at most; more would not be served in the time that a client waits.
    private static nonisolated let waitingMost = 5_000

    /// Under way at a time: while the server flushes one, the next is put together and sent. A third would only wait for
    /// the lock of the notifications, in more and smaller commits.
    private static nonisolated let commitsMost = 2
    /// For a second commit beside one that is under way so many rows have to wait: a commit costs as much as some ten rows,
    /// and fewer are served as well by the next one (decision 110).
    private static nonisolated let secondLeast = 20

    private let pool: PostgresPool
    private var waiting: [Waiting] = []
    private var commits = 0
    private var isGathering = false

    init(_ pool: PostgresPool) { self.pool = pool }

    /// Returns when `row` is committed; false when the game has gone on and there is another row in its place. When it
    /// throws, whether the row is there is not known. To be called for one row of a game at a time.
    func write(_ row: StepRow) async throws(PostgresError) -> Bool {
        guard self.waiting.count < Self.waitingMost else {
            throw PostgresError(code: .overloaded, message: "too many commands wait to be written")
        }
        let outcome = await withCheckedContinuation { caller in
            self.waiting.append(Waiting(row: row, caller: caller))
            self.begin()
        }
        return try outcome.get()
    }

    /// Begins a commit of what waits, when it may.
    private func begin() {
        guard !self.isGathering, self.commits < Self.commitsMost, !self.waiting.isEmpty else { return }
        guard self.commits == 0 || self.waiting.count >= Self.secondLeast else { return }
        self.isGathering = true
        Task { @Loop in await self.writeBatch() }
    }

    private func writeBatch() async {
        // As long as each turn of the loop brings more, one commit for all of them costs less than several.
        var count = 0
        while count < self.waiting.count, self.waiting.count < Self.batchMost {
            count = self.waiting.count
            await Task.yield()
        }
        let batch = self.waiting.prefix(Self.batchMost)
        self.waiting.removeFirst(batch.count)
        self.isGathering = false
        self.commits += 1
        self.begin()
        do throws(PostgresError) {
            let done = try await self.commit(batch.map(\.row))
            for one in batch { one.caller.resume(returning: .success(done.contains(one.row.game))) }
        } catch {
            for one in batch { one.caller.resume(returning: .failure(error)) }
        }
        self.commits -= 1
        self.begin()
    }

    /// The games of which a row was written. No game has two in one batch: its commands follow each other.
    private func commit(_ batch: [StepRow]) async throws(PostgresError) -> Set<Int> {
        // So that two instances can't wait for each other.
        let rows = batch.sorted { $0.game < $1.game }
        let parameters = StepRow.parameters(rows)
        do throws(PostgresError) {
            let news = rows.map { "\($0.game):\($0.lastSeq)" }.joined(separator: " ")
            _ = try await self.pool.query(Self.insertAll, parameters + [.text(news)], isKept: true)
            return Set(rows.map(\.game))
        } catch {
            guard error.sqlState == Self.uniqueViolation else { throw error }
        }
        // Another instance was first in some of the games, and nothing of all that was written.
        let answer = try await self.pool.query(Self.insertNew, parameters, isKept: true)
        let ids = try answer.first(as: String?.self, String?.self)?.0 ?? ""
        return Set(ids.utf8.split(separator: UInt8(ascii: " ")).compactMap { Int(Substring($0)) })
    }

    private static nonisolated let uniqueViolation = "23505"

    /// Writes all rows and tells the news, or does nothing when there is another row in the place of one of them.
    private static nonisolated let insertAll = """
        insert into game_steps (\(StepRow.names))
        select \(StepRow.names) from (select pg_notify('\(GameStore.channel)', $11)) told, \(StepRow.table(from: 1))
        """

    /// Writes the rows in whose place there is no other, and tells of them.
    private static nonisolated let insertNew = """
        with done as (
            insert into game_steps (\(StepRow.names))
            select * from \(StepRow.table(from: 1)) order by game_id
            on conflict do nothing returning game_id, last_seq
        )
        select string_agg(game_id::text, ' '),
            pg_notify('\(GameStore.channel)', coalesce(string_agg(game_id || ':' || last_seq, ' '), ''))
        from done
        """
}
