import EventLoop
import Postgres

/// The rows of `users`, as far as logging in is concerned.
@Loop
struct Users {
    /// What a name and a password are compared with.
    struct Credentials: Sendable {
        let account: Account
        /// Nil for users without a password.
        let passwordHash: String?
    }

    private let pool: PostgresPool

    init(_ pool: PostgresPool) { self.pool = pool }

    /// Makes an account; nil when the name is taken.
    func add(_ name: AccountName, passwordHash: String) async throws(PostgresError) -> Account? {
        let rows = try await self.pool.query(
            """
            insert into users (name, login, password_hash) values ($1, $2, $3)
            on conflict do nothing returning id
            """, [.text(name.text), .text(name.login), .text(passwordHash)])
        return try rows.first(as: Int.self).map { Account(id: $0, name: name.text) }
    }

    /// The account that logs in by this name.
    func credentials(_ name: AccountName) async throws(PostgresError) -> Credentials? {
        let rows = try await self.pool.query(
            "select id, name, password_hash from users where login = $1", [.text(name.login)])
        return try rows.first(as: Int.self, String.self, String?.self).map {
            Credentials(account: Account(id: $0, name: $1), passwordHash: $2)
        }
    }

    /// The account of a user of the Supabase project, made when there is none yet. What the project knows of the person
    /// stays there: the name is derived from the id.
    func account(supabaseID: String) async throws(PostgresError) -> Account {
        let parameters: [PostgresParameter] = [.text(supabaseID), .text(AccountName.ofSupabaseUser(supabaseID))]
        // Reading first: but for the first time, nothing is written. When two begin at once, the second insert waits for
        // the first and does nothing, and the second round finds the row.
        for _ in 0..<2 {
            let rows = try await self.pool.query(
                "select id, name from users where supabase_id = $1", [.text(supabaseID)])
            if let (id, name) = try rows.first(as: Int.self, String.self) { return Account(id: id, name: name) }
            _ = try await self.pool.query(
                "insert into users (supabase_id, name) values ($1, $2) on conflict do nothing", parameters)
        }
        let rows = try await self.pool.query("select id, name from users where supabase_id = $1", [.text(supabaseID)])
        guard let (id, name) = try rows.first(as: Int.self, String.self) else {
            throw PostgresError(code: .unexpectedAnswer, message: "the name made for a Supabase user is taken")
        }
        return Account(id: id, name: name)
    }
}
