/// What becomes of a session whose client sends a refresh token that it once was given.
enum RefreshDecision: Sendable, Hashable {
    /// The token is the newest: it is replaced.
    case replace
    /// It was replaced a moment ago, and nobody has used what replaced it: the answer got lost, or two of the client's
    /// tabs asked at once. The same answer is given again. See decision 013.
    case repeatAnswer
    /// Two have it: one of them has stolen it, and we can't tell which. The session ends for both.
    case endSession

    /// In seconds. Longer than a healing of the backend takes, shorter than an access token lives.
    static let repeatLimit = 60.0

    /// - Parameters:
    ///   - replacedAgo: seconds since the token was replaced; nil when it is the newest.
    ///   - nextIsReplaced: whether the one that replaced it has been used.
    init(replacedAgo: Double?, nextIsReplaced: Bool) {
        guard let replacedAgo else {
            self = .replace
            return
        }
        self = replacedAgo <= Self.repeatLimit && !nextIsReplaced ? .repeatAnswer : .endSession
    }
}
