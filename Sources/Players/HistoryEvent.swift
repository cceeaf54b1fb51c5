import Backgammon

/// An event of a game as the history has it.
struct HistoryEvent: Decodable {
    struct Score: Decodable, Hashable {
        let white: Int
        let black: Int
    }

    let seq: Int
    let event: String
    var player: String?
    /// The client id of the command that made it.
    var command: String?
    var dice: [Int]?
    var moves: [[Int]]?
    var value: Int?
    var turn: String?
    var winner: String?
    var points: Int?
    var score: Score?
    var reason: String?

    /// The event that a command of this type makes first; nil when there is no such command.
    static func made(by command: String) -> String? {
        switch command {
        case "roll": "rolled"
        case "move": "moved"
        case "double": "doubled"
        case "take": "taken"
        case "drop": "dropped"
        case "beaver": "beavered"
        case "resign": "resignation_offered"
        case "accept": "game_over"
        case "reject": "resignation_rejected"
        default: nil
        }
    }
}

/// A page of a game's history.
struct HistoryPage: Decodable {
    let events: [HistoryEvent]
    var next: Int?
}
