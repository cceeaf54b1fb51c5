import Support

/// What a player wants to do, with all that is needed to send it again.
struct Command: Hashable {
    /// The client id.
    let id: String
    let game: String
    /// The last sequence number that the player had seen.
    let seq: Int
    /// `roll`, `move` and so on.
    let type: String
    /// The steps of a `move`.
    var moves: [[Int]]?
    /// What is given up by a `resign`.
    var value: Int?

    var message: String {
        var members: [JSONValue.Member] = [
            .init("type", .string(self.type)), .init("id", .string(self.id)), .init("game", .string(self.game)),
            .init("seq", .integer(self.seq)),
        ]
        if let moves { members.append(.init("moves", .array(moves.map { .array($0.map { .integer($0) }) }))) }
        if let value { members.append(.init("value", .integer(value))) }
        return JSONValue.object(members).text
    }
}
