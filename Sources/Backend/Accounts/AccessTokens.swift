import Support

/// Access tokens of our own: who carries one is this account, for 15 minutes, and no database is asked.
///
/// The price: logging out ends a session's refresh tokens at once, its access token at its time.
struct AccessTokens: Sendable {
    /// In seconds.
    static let lifetime = 900

    private static let issuer: JSONValue = "gammonguru"

    private let key: [UInt8]

    init(_ secret: Secret) { self.key = Array(secret.value.utf8) }

    /// A token for `account`, valid from `now`, in seconds since 1970.
    func make(for account: Account, now: Int) -> String {
        JSONWebToken.sign(
            [
                "iss": Self.issuer, "sub": .string(String(account.id)), "name": .string(account.name),
                "iat": .integer(now), "nbf": .integer(now), "exp": .integer(now + Self.lifetime),
            ], key: self.key)
    }

    /// Whose token this is at `now`; nil when it is not one of ours or not valid now.
    func account(_ token: String, now: Int) -> Account? {
        guard let claims = JSONWebToken.claims(token, key: self.key, now: now), claims["iss"] == Self.issuer,
            claims["nbf"] != nil, claims["iat"] != nil, let id = claims["sub"]?.string.flatMap({ Int($0) }),
            let name = claims["name"]?.string
        else { return nil }
        return Account(id: id, name: name)
    }
}
