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
        for (method, path, handler) in routes { router.on(method, path, log: self.log, handler) }
    }

    // MARK: Bodies

    private struct Credentials: Decodable {
        let name: String
        let password: String

        /// The password, when it is one to register.
        func checkedPassword() throws(HTTPProblem) -> Secret {
            let range = AccountRoutes.passwordBytes
            guard range.contains(self.password.utf8.count) else {
                throw .invalidField("password", "has to be \(range.lowerBound) to \(range.upperBound) bytes long")
            }
            return Secret(self.password)
        }
    }

    private struct Refresh: Decodable {
        let refreshToken: String
    }

    // MARK: Handlers

    private func register(_ request: HTTPRequest) async throws -> HTTPResponse {
        let credentials = try request.json(Credentials.self)
        guard let name = AccountName(credentials.name) else {
            throw HTTPProblem.invalidField(
                "name", "has to be 2 to 32 letters, digits, - or _ without accents, and not to begin with player-")
        }
        let password = try credentials.checkedPassword()
        let hash = try await self.hasher.hash(password)
        guard let account = try await self.users.add(name, passwordHash: hash) else {
            throw HTTPProblem(409, "name_taken", "Somebody else has this name already.")
        }
        return self.grant(account, try await self.sessions.begin(for: account), status: 201)
    }

    /// A wrong name and a wrong password can't be told apart: the same is done for both, and the same answered.
    private func logIn(_ request: HTTPRequest) async throws -> HTTPResponse {
        let credentials = try request.json(Credentials.self)
        let (name, password) = (AccountName(credentials.name), try credentials.checkedPassword())
        let found = if let name { try await self.users.credentials(name) } else { Users.Credentials?.none }
        guard try await self.hasher.verify(password, against: found?.passwordHash), let account = found?.account else {
            throw HTTPProblem(
                401, "wrong_credentials", "There is no such name with this password.", headers: [HTTPProblem.challenge])
        }
        return self.grant(account, try await self.sessions.begin(for: account))
    }

    private func refresh(_ request: HTTPRequest) async throws -> HTTPResponse {
        switch try await self.sessions.refresh(try request.json(Refresh.self).refreshToken) {
        case .renewed(let account, let token): return self.grant(account, token)
        case .reused(let account):
            self.log.warning("a refresh token was used twice, its session is over", .init("user", .integer(account.id)))
            throw Self.sessionOver
        case .unknown: throw Self.sessionOver
        }
    }

    private func logOut(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await self.sessions.end(try request.json(Refresh.self).refreshToken)
        return HTTPResponse(status: 204)
    }

    private func logOutEverywhere(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await self.sessions.endAll(of: try await self.authenticator.account(request))
        return HTTPResponse(status: 204)
    }

    private func whoAmI(_ request: HTTPRequest) async throws -> HTTPResponse {
        .json(try await self.authenticator.account(request).json)
    }

    // MARK: Parts

    private static nonisolated let sessionOver = HTTPProblem(
        401, "session_over", "Please log in again.", headers: [HTTPProblem.challenge])

    private func grant(_ account: Account, _ token: RefreshToken, status: Int = 200) -> HTTPResponse {
        .json(
            [
                "accessToken": .string(self.tokens.make(for: account, now: time(nil))),
                "expiresIn": .integer(AccessTokens.lifetime),
                "refreshToken": .string(token.text), "user": account.json,
            ], status: status)
    }
}
