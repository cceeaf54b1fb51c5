import EventLoop
import Postgres
import Support
import Web

/// Accounts and sessions, wired together.
@Loop
struct Accounts {
    /// For all that want to know who asks.
    let authenticator: Authenticator

    private let hasher = PasswordHasher()
    private let routes: AccountRoutes

    init(_ settings: BackendSettings, _ pool: PostgresPool, log: Log) {
        let users = Users(pool)
        let tokens = AccessTokens(settings.accessTokenSecret)
        self.authenticator = Authenticator(
            tokens: tokens,
            supabase: settings.supabaseJWTSecret.map { SupabaseTokens(url: settings.supabaseURL, secret: $0) },
            users: users)
        self.routes = AccountRoutes(
            users: users, sessions: Sessions(pool, secret: settings.refreshTokenSecret), tokens: tokens,
            hasher: self.hasher, authenticator: self.authenticator, log: log)
    }

    func addRoutes(to router: inout Router) { self.routes.addRoutes(to: &router) }

    func close() { self.hasher.close() }
}
