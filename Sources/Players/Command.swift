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
        var json = JSONWriter()
        json.object { json in
            json.member("type", self.choice.type)
            json.member("id", self.id)
            json.member("game", self.game)
            json.member("seq", self.seq)
            if let moves = self.choice.moves { json.member("moves", moves) }
            if let value = self.choice.value { json.member("value", value) }
        }
        return json.text
    }
}
