import Backgammon

/// The record as the last row of its game keeps it: `state`, and columns of their own for the clock and the moment.
extension GameRecord {
    /// Match code, number of the game, last game and end of the match, with spaces; `-` for what is not there.
    var stateText: String {
        // Appended, not interpolated: it is written with each move.
        var text = self.match.code
        text.reserveCapacity(64)
        text += " "
        text += String(self.gameNumber)
        text += " "
        text += self.lastGame.map { "\($0.winner.rawValue):\($0.kind.rawValue):\($0.points)" } ?? "-"
        text += " "
        text += self.end.map { "\($0.winner.rawValue):\($0.reason.rawValue)" } ?? "-"
        return text
    }

    /// Reads what ``stateText`` writes; nil for anything else.
    ///
    /// - Parameters:
    ///   - left: what the clock had left; nil without a clock.
    init?(stateText: String, seq: Int, since: Int, clock: GameClock.Control?, left: PerSide<Int>?) {
        let parts = stateText.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let match = try? Match(code: parts[0]), let number = Int(parts[1]) else { return nil }
        self.init(match: match, seq: seq, since: since, gameNumber: number)
        if parts[2] != "-" {
            let fields = parts[2].split(separator: ":")
            guard fields.count == 3, let winner = Player(rawValue: String(fields[0])),
                let kind = Int(fields[1]).flatMap({ WinKind(rawValue: $0) }), let points = Int(fields[2])
            else { return nil }
            self.lastGame = LastGame(winner: winner, kind: kind, points: points)
        }
        if parts[3] != "-" {
            let fields = parts[3].split(separator: ":")
            guard fields.count == 2, let winner = Player(rawValue: String(fields[0])),
                let reason = MatchEnd.Reason(rawValue: String(fields[1]))
            else { return nil }
            self.end = MatchEnd(winner: winner, reason: reason)
        }
        guard let clock else { return }
        guard let left else { return nil }
        self.clock = GameClock(clock, left: left)
    }
}
