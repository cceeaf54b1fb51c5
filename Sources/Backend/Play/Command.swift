import Backgammon

/// What a player wants to do.
enum Command: Hashable, Sendable {
    case roll
    case move(Play)
    case double, take, drop, beaver
    /// Offers to lose this game.
    case resign(WinKind)
    case accept, reject
    /// Gives up the whole match, at any time.
    case resignMatch

    /// Says the same of the same command, for telling whether a client id was used for another one.
    var fingerprint: String {
        switch self {
        case .roll: "roll"
        case .move(let play): play.reduce(into: "move") { $0 += " " + String($1.from) + "/" + String($1.to) }
        case .double: "double"
        case .take: "take"
        case .drop: "drop"
        case .beaver: "beaver"
        case .resign(let kind): "resign \(kind.rawValue)"
        case .accept: "accept"
        case .reject: "reject"
        case .resignMatch: "resign match"
        }
    }
}

/// A command with all that it was sent with.
struct Order: Hashable, Sendable {
    let game: Int
    let player: Account
    /// The client id: 1 to 64 letters, digits, `-` or `_`.
    let id: String
    let command: Command
    /// The last sequence number that the player had seen; nil when he does not say.
    let seq: Int?

    /// Client id, a space and the command's fingerprint: as a row keeps it.
    var text: String { self.id + " " + self.command.fingerprint }

    /// Whether `id` is a client id.
    static func isClientID(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
