/// A refresh token: 256 bits that say nothing. The database has only a hash of it.
///
/// The first of a session is random. Each one after it is derived from the one before and `REFRESH_TOKEN_SECRET`, so that
/// a client that did not hear the answer may ask again and gets the same. Who knows a token but not the secret can't tell
/// the next one. With another secret all sessions end.
struct RefreshToken: Sendable, Hashable {
    private static let bytes = 32

    private let value: [UInt8]
    private let key: [UInt8]

    /// A new one, for a new session.
    init(secret: Secret) {
        self.init(value: Sodium.randomBytes(Self.bytes), key: Array(secret.value.utf8))
    }

    /// The one that a client has sent; nil when it is no token.
    init?(_ text: String, secret: Secret) {
        // 32 bytes are 43 characters.
        guard text.utf8.count == 43, let value = Base64URL.decode(text) else { return nil }
        self.init(value: value, key: Array(secret.value.utf8))
    }

    private init(value: [UInt8], key: [UInt8]) {
        self.value = value
        self.key = key
    }

    /// The one that replaces it.
    var next: RefreshToken { RefreshToken(value: self.derived("next"), key: self.key) }

    /// What the database knows it by.
    var hash: [UInt8] { self.derived("stored") }

    /// What the client gets.
    var text: String { Base64URL.encode(self.value) }

    private func derived(_ purpose: String) -> [UInt8] {
        Sodium.hmacSHA256(Array(purpose.utf8) + self.value, key: self.key)
    }
}
