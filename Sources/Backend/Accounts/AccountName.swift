import Support

/// A name that a person may register: 2 to 32 ASCII letters, digits, `-` and `_`, so that no two look the same.
struct AccountName: Sendable, Hashable {
    /// Names that the backend makes begin so, and no others.
    private static let reserved = "player-"

    /// As the person writes it.
    let text: String
    /// What it is found by, in whatever case it is typed.
    let login: String

    /// Nil when it is no name to register.
    init?(_ text: String) {
        guard (2...32).contains(text.utf8.count), text.utf8.allSatisfy({ Self.isAllowed($0) }) else { return nil }
        self.text = text
        self.login = text.lowercased()
        guard !self.login.hasPrefix(Self.reserved) else { return nil }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// `player-` and 16 digits that tell nothing of the id.
    static func ofSupabaseUser(_ id: String) -> String {
        Self.reserved + SHA256.hex(Array(id.utf8)).prefix(16)
    }
}
