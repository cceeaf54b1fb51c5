import EventLoop
import Postgres
import Support
import Web

/// Players by their rating: `docs/protocol.md`, "`GET /api/leaderboard`".
@Loop
final class Leaderboard {
    /// The last player of a page. Whoever's rating changes while somebody turns pages may be seen twice or not at all;
    /// nobody else is.
    struct Cursor: Equatable, Sendable {
        let rank: Int
        let rating: Double
        let user: Int

        var text: String { "\(self.rank):\(self.rating):\(self.user)" }

        init(rank: Int, rating: Double, user: Int) {
            self.rank = rank
            self.rating = rating
            self.user = user
        }

        /// Nil when this is no cursor.
        init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, let rank = Int(parts[0]), 0..<Int.max / 2 ~= rank, let rating = Double(parts[1]),
                rating.isFinite, let user = Int(parts[2])
            else { return nil }
            self.init(rank: rank, rating: rating, user: user)
        }
    }

    private let pool: PostgresPool
    private let log: Log

    init(_ pool: PostgresPool, log: Log) {
        self.pool = pool
        self.log = log
    }

    func addRoutes(to router: inout Router) {
        router.on("GET", "/api/leaderboard", log: self.log, self.list)
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try request.limit(1...100, standard: 20)
        let cursor = try request.cursor { Cursor($0) }
        let rows = try await self.pool.query(
            """
            select u.id, u.name, r.rating, r.experience from ratings r join users u on u.id = r.user_id
            where $1::double precision is null or r.rating < $1 or (r.rating = $1 and r.user_id > $2)
            order by r.rating desc, r.user_id limit $3
            """, [.number(cursor?.rating), .integer(cursor?.user), .integer(limit + 1)])
        let players = try rows.decoded(as: Int.self, String.self, Double.self, Int.self)
        let before = cursor?.rank ?? 0
        let page = players.prefix(limit)
        var next = JSONValue.null
        if players.count > limit, let last = page.last {
            next = .string(Cursor(rank: before + limit, rating: last.2, user: last.0).text)
        }
        let list = page.enumerated().map { index, player -> JSONValue in
            [
                "rank": .integer(before + index + 1), "id": .string(String(player.0)), "name": .string(player.1),
                "rating": .number((player.2 * 100).rounded() / 100), "experience": .integer(player.3),
            ]
        }
        return .json(["players": .array(list), "next": next])
    }
}
