import FoundationEssentials

/// A message of the server, as far as a player cares (`docs/protocol.md`).
struct ServerMessage: Decodable {
    let type: String
    var re: String?
    var game: String?
    var code: String?
    var detail: String?
    var retry: Bool?
    var retryAfterMs: Int?
    var seq: Int?
    var state: GameState?

    init?(_ bytes: [UInt8]) {
        guard let message = try? JSONDecoder().decode(ServerMessage.self, from: Data(bytes)) else { return nil }
        self = message
    }
}

/// The state of a game, as far as a player cares.
struct GameState: Decodable {
    struct Board: Decodable {
        struct Sides: Decodable {
            let white: Int
            let black: Int
        }

        let points: [Int]
        let bar: Sides
    }

    let status: String
    let seq: Int
    /// `actions` and what follows are there once the game has begun.
    var turn: String?
    var phase: String?
    var actions: [String]?
    var dice: [Int]?
    var board: Board?
}
