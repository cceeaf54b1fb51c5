import EventLoop
import Glibc
import Support
import Web

/// Accounts over HTTP: `docs/protocol.md`, "Accounts".
@Loop
final class AccountRoutes {
    /// In bytes. Length is what makes a password hard to guess; the upper end keeps the work bounded.
    private static nonisolated let passwordBytes = 8...256

    private let users: Users
    private let sessions: Sessions
    private let tokens: AccessTokens
    private let hasher: PasswordHasher
    private let authenticator: Authenticator
    private let log: Log

    init(
        users: Users, sessions: Sessions, tokens: AccessTokens, hasher: PasswordHasher, authenticator: Authenticator,
        log: Log
    ) {
        self.users = users
        self.sessions = sessions
        self.tokens = tokens
        self.hasher = hasher
        self.authenticator = authenticator
        self.log = log
    }

    func addRoutes(to router: inout Router) {
        let routes: [(String, String, @Loop (HTTPRequest) async throws -> HTTPResponse)] = [
            ("POST", "/api/register", self.register), ("POST", "/api/login", self.logIn),
            ("POST", "/api/refresh", self.refresh), ("POST", "/api/logout", self.logOut),
            ("POST", "/api/logout-all", self.logOutEverywhere), ("GET", "/api/me", self.whoAmI),
        ]
        for (method, path, handler) in routes {
            router.on(method, path) { request in
                do {
                    return try await handler(request)
                } catch {
                    return Problem(error, log: self.log).response
                }
            }
        }
    }

    // MARK: Handlers

    private func register(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONBody(request)
        guard let name = AccountName(try body.string("name")) else {
            throw Problem.invalidField(
                "name", "has to be 2 to 32 letters, digits, - or _ without accents, and not to begin with player-")
        }
        let password = try Self.password(body)
        let hash = try await self.hasher.hash(password)
        guard let account = try await self.users.add(name, passwordHash: hash) else {
            throw Problem(
                status: 409, title: "Conflict", code: "name_taken", detail: "Somebody else has this name already.")
        }
        return self.grant(account, try await self.sessions.begin(for: account), status: 201)
    }

    /// A wrong name and a wrong password can't be told apart: the same is done for both, and the same answered.
    private func logIn(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONBody(request)
        let (text, password) = (try body.string("name"), try Self.password(body))
        let name = AccountName(text)
        let found = if let name { try await self.users.credentials(name) } else { Users.Credentials?.none }
        guard try await self.hasher.verify(password, against: found?.passwordHash), let account = found?.account else {
            throw Problem(
                status: 401, title: "Unauthorized", code: "wrong_credentials",
                detail: "There is no such name with this password.")
        }
        return self.grant(account, try await self.sessions.begin(for: account))
    }

    private func refresh(_ request: HTTPRequest) async throws -> HTTPResponse {
        switch try await self.sessions.refresh(try JSONBody(request).string("refreshToken")) {
        case .renewed(let account, let token): return self.grant(account, token)
        case .reused(let account):
            self.log.warning("a refresh token was used twice, its session is over", .init("user", .integer(account.id)))
            throw Self.sessionOver
        case .unknown: throw Self.sessionOver
        }
    }

    private func logOut(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await self.sessions.end(try JSONBody(request).string("refreshToken"))
        return HTTPResponse(status: 204)
    }

    private func logOutEverywhere(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await self.sessions.endAll(of: try await self.account(request))
        return HTTPResponse(status: 204)
    }

    private func whoAmI(_ request: HTTPRequest) async throws -> HTTPResponse {
        .json(Self.json(try await self.account(request)))
    }

    // MARK: Parts

    private static nonisolated let sessionOver = Problem(
        status: 401, title: "Unauthorized", code: "session_over", detail: "Please log in again.")

    private func account(_ request: HTTPRequest) async throws -> Account {
        guard let account = try await self.authenticator.authenticate(request) else { throw Problem.unauthorized }
        return account
    }

    private static nonisolated func password(_ body: JSONBody) throws(Problem) -> Secret {
        let password = try body.string("password")
        guard Self.passwordBytes.contains(password.utf8.count) else {
            throw .invalidField(
                "password", "has to be \(Self.passwordBytes.lowerBound) to \(Self.passwordBytes.upperBound) bytes long")
        }
        return Secret(password)
    }

    private func grant(_ account: Account, _ token: RefreshToken, status: Int = 200) -> HTTPResponse {
        .json(
            [
                "accessToken": .string(self.tokens.make(for: account, now: time(nil))),
                "expiresIn": .integer(AccessTokens.lifetime),
                "refreshToken": .string(token.text), "user": Self.json(account),
            ], status: status)
    }

    private static nonisolated func json(_ account: Account) -> JSONValue {
        ["id": .string(String(account.id)), "name": .string(account.name)]
    }
}
