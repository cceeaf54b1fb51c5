import EventLoop
import Glibc
import Postgres
import Support
import Web

/// Tells who asks.
@Loop
final class Authenticator {
    /// So many Supabase users are remembered, a few hundred bytes each.
    private static nonisolated let rememberedMost = 10_000

    private let tokens: AccessTokens
    private let supabase: SupabaseTokens?
    private let users: Users
    /// In seconds since 1970.
    private let clock: @Loop () -> Int
    /// Accounts by the project's id, so that the database is asked once for each. An account never changes.
    private var remembered: [String: Account] = [:]

    init(
        tokens: AccessTokens, supabase: SupabaseTokens?, users: Users,
        clock: @escaping @Loop () -> Int = { time(nil) }
    ) {
        self.tokens = tokens
        self.supabase = supabase
        self.users = users
        self.clock = clock
    }

    /// The account whose token is in `Authorization: Bearer TOKEN` (RFC 6750, 2.1); nil when there is none, or it is not
    /// valid now.
    ///
    /// - Throws: when a user of the Supabase project comes for the first time and the database is away.
    func authenticate(_ request: HTTPRequest) async throws(PostgresError) -> Account? {
        guard let token = Self.bearerToken(request) else { return nil }
        return try await self.authenticate(token: token)
    }

    /// As ``authenticate(_:)``, for what only users may ask: 401 when there is none.
    func account(_ request: HTTPRequest) async throws -> Account {
        guard let account = try await self.authenticate(request) else { throw HTTPProblem.unauthorized }
        return account
    }

    /// As ``authenticate(_:)``, without asking the database: a Supabase user who has not been here yet is nobody.
    func recognise(_ request: HTTPRequest) -> Account? {
        guard let token = Self.bearerToken(request) else { return nil }
        let now = self.clock()
        return self.tokens.account(token, now: now)
            ?? self.supabase?.subject(token, now: now).flatMap { self.remembered[$0] }
    }

    private static nonisolated func bearerToken(_ request: HTTPRequest) -> String? {
        guard let field = request.headers["authorization"] else { return nil }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// The account whose access token this is; nil when it is not valid now. Throws as ``authenticate(_:)`` does.
    func authenticate(token: String) async throws(PostgresError) -> Account? {
        let now = self.clock()
        if let account = self.tokens.account(token, now: now) { return account }
        guard let subject = self.supabase?.subject(token, now: now) else { return nil }
        if let account = self.remembered[subject] { return account }
        let account = try await self.users.account(supabaseID: subject)
        if self.remembered.count >= Self.rememberedMost { self.remembered = [:] }
        self.remembered[subject] = account
        return account
    }
}
