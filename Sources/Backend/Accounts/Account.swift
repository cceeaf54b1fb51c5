/// Who asks.
struct Account: Sendable, Hashable {
    /// `users.id`.
    let id: Int
    /// `users.name`.
    let name: String
}
