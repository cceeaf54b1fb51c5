/// Access tokens that a Supabase project has signed with its JWT secret.
struct SupabaseTokens: Sendable {
    private let key: [UInt8]
    private let issuer: String

    /// Of the project at `url`, `https://PROJECT.supabase.co`.
    init(url: String, secret: Secret) {
        self.key = Array(secret.value.utf8)
        var url = url[...]
        while url.last == "/" { url.removeLast() }
        self.issuer = url + "/auth/v1"
    }

    /// The project's id of the user whose token this is at `now`, in seconds since 1970; nil for every other token. The
    /// project's keys for programs are tokens signed with the same secret: they are for nobody in particular, and are not
    /// taken.
    func subject(_ token: String, now: Int) -> String? {
        guard let claims = JSONWebToken.claims(token, key: self.key, now: now),
            claims["iss"]?.string == self.issuer, claims["role"] == "authenticated",
            claims["aud"] == "authenticated" || claims["aud"]?.elements.contains("authenticated") == true,
            let subject = claims["sub"]?.string, (1...Self.subjectBytesMax).contains(subject.utf8.count),
            !subject.utf8.contains(0)
        else { return nil }
        return subject
    }

    /// They are UUIDs today.
    private static let subjectBytesMax = 255
}
