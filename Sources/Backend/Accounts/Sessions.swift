import EventLoop
import Postgres

/// The sessions of accounts: one for each log-in on a device, kept alive by its refresh tokens.
@Loop
struct Sessions {
    /// What a refresh came to.
    enum Refreshed: Sendable {
        case renewed(Account, RefreshToken)
        /// The token was used by two: the session of this account has been ended.
        case reused(Account)
        /// The token was never given out, or its session is over.
        case unknown
    }

    /// A session that is not used for so long is over.
    private static nonisolated let lifetime = "30 days"

    private let pool: PostgresPool
    private let secret: Secret

    /// - Parameter secret: `REFRESH_TOKEN_SECRET`.
    init(_ pool: PostgresPool, secret: Secret) {
        self.pool = pool
        self.secret = secret
    }

    /// Begins a session and clears away those of the account that are over. Returns its first token.
    func begin(for account: Account) async throws(PostgresError) -> RefreshToken {
        let token = RefreshToken(secret: self.secret)
        _ = try await self.pool.query(
            """
            with over as (delete from sessions where user_id = $1 and expires_at <= now()),
                new as (
                    insert into sessions (user_id, expires_at)
                    values ($1, now() + '\(Self.lifetime)'::interval) returning id
                )
            insert into refresh_tokens (hash, session_id) select $2, id from new
            """, [.integer(account.id), .bytes(token.hash)])
        return token
    }

    /// Exchanges a token for the one after it. Safe to repeat when no answer came.
    func refresh(_ text: String) async throws -> Refreshed {
        guard let token = RefreshToken(text, secret: self.secret) else { return .unknown }
        return try await self.pool.transaction { transaction in
            // Two that refresh one session take turns. A statement of its own: the next one sees what the first has done.
            _ = try await transaction.query(
                "select from sessions where id = (select session_id from refresh_tokens where hash = $1) for update",
                [.bytes(token.hash)])
            let rows = try await transaction.query(
                """
                select s.id, u.id, u.name, extract(epoch from now() - t.replaced_at)::float8, n.replaced_at is not null
                from refresh_tokens t
                join sessions s on s.id = t.session_id and s.expires_at > now()
                join users u on u.id = s.user_id
                left join refresh_tokens n on n.hash = $2
                where t.hash = $1
                """, [.bytes(token.hash), .bytes(token.next.hash)])
            guard
                let (session, user, name, replacedAgo, nextIsReplaced) = try rows.first(
                    as: Int.self, Int.self, String.self, Double?.self, Bool.self)
            else { return .unknown }
            let account = Account(id: user, name: name)
            switch RefreshDecision(replacedAgo: replacedAgo, nextIsReplaced: nextIsReplaced) {
            case .replace:
                _ = try await transaction.query(
                    """
                    with old as (update refresh_tokens set replaced_at = now() where hash = $1),
                        used as (update sessions set expires_at = now() + '\(Self.lifetime)'::interval where id = $3)
                    insert into refresh_tokens (hash, session_id) values ($2, $3)
                    """, [.bytes(token.hash), .bytes(token.next.hash), .integer(session)])
                return .renewed(account, token.next)
            case .repeatAnswer:
                return .renewed(account, token.next)
            case .endSession:
                _ = try await transaction.query("delete from sessions where id = $1", [.integer(session)])
                return .reused(account)
            }
        }
    }

    /// Ends the session that the token is or was of. Nothing happens when there is none: the client wanted it gone.
    func end(_ text: String) async throws(PostgresError) {
        guard let token = RefreshToken(text, secret: self.secret) else { return }
        _ = try await self.pool.query(
            "delete from sessions where id = (select session_id from refresh_tokens where hash = $1)",
            [.bytes(token.hash)])
    }

    /// Ends all sessions of the account.
    func endAll(of account: Account) async throws(PostgresError) {
        _ = try await self.pool.query("delete from sessions where user_id = $1", [.integer(account.id)])
    }
}
