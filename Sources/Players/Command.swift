import Support

/// What a player wants to do, with all that is needed to send it again.
struct Command: Hashable {
    /// The client id.
    let id: String
    let game: String
    /// The last sequence number that the player had seen.
    let seq: Int
    let choice: Choice

    var message: String {
        var members: [JSONValue.Member] = [
            .init("type", .string(self.choice.type)), .init("id", .string(self.id)),
            .init("game", .string(self.game)), .init("seq", .integer(self.seq)),
        ]
        if let moves = self.choice.moves {
            members.append(.init("moves", .array(moves.map { .array($0.map { .integer($0) }) })))
        }
        if let value = self.choice.value { members.append(.init("value", .integer(value))) }
        return JSONValue.object(members).text
    }
}
