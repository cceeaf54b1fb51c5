extension MatchRecord {
    /// The match as a `.mat` file, the format of Jellyfish that GNU Backgammon imports: white in the left column, black in the
    /// right. What the format has no words for (rejected resignations, a roll that was not played) is left out.
    public func mat(white: String, black: String) -> String {
        let (white, black) = (Self.printable(white), Self.printable(black))
        var text = " \(self.rules.length) point match\n"
        var match = Match(self.rules)
        var columns = Columns()
        var gameNumber = 1

        for event in self.events {
            let before = match
            let result: GameResult?
            do { result = try match.apply(event.action, by: event.player) } catch {
                preconditionFailure("only what is legal is recorded: \(error)")
            }
            if columns.isEmpty, before.phase == .openingRoll, match.phase != .openingRoll {
                text += "\n Game \(gameNumber)\n"
                text += Columns.line("\(white) : \(before.whiteScore)", "\(black) : \(before.blackScore)", indent: 1)
                gameNumber += 1
            }
            if let cell = Self.cell(event.action, before: before) { columns.add(cell, for: event.player) }
            if let result {
                let isLast = match.phase == .over(winner: result.winner) && self.rules.length > 0
                let points = "\(result.points) point\(result.points == 1 ? "" : "s")"
                columns.add(" Wins \(points)\(isLast ? " and the match" : "")", for: result.winner)
                text += columns.text
                columns = Columns()
            }
        }
        return text + columns.text
    }

    private static func cell(_ action: Match.Action, before: Match) -> String? {
        switch (action, before.phase) {
        case (.play(let play), .toPlay(let dice)):
            "\(dice.first)\(dice.second):" + play.map { " \($0.from)/\($0.to)" }.joined()
        case (.double, _): " Doubles => \(before.cube.value * 2)"
        case (.beaver, _): " Beavers => \(before.cube.value * 4)"
        case (.take, _): " Takes"
        case (.drop, _): " Drops"
        default: nil
        }
    }

    /// A name that can't be taken for another part of the file.
    private static func printable(_ name: String) -> String {
        let kept = name.unicodeScalars.prefix(24).map { scalar -> Character in
            scalar.value < 32 || scalar.value == 127 || ":;()".unicodeScalars.contains(scalar) ? "_" : Character(scalar)
        }
        return kept.isEmpty ? "_" : String(kept)
    }
}

/// The two columns of one game.
private struct Columns {
    private var lines: [(white: String?, black: String?)] = []

    var isEmpty: Bool { self.lines.isEmpty }

    mutating func add(_ cell: String, for player: Player) {
        switch player {
        case .white: self.lines.append((cell, nil))
        case .black:
            if let last = self.lines.last, last.black == nil {
                self.lines[self.lines.count - 1].black = cell
            } else {
                self.lines.append((nil, cell))
            }
        }
    }

    var text: String {
        var text = ""
        for (index, line) in self.lines.enumerated() {
            let number = String(index + 1)
            let left = String(repeating: " ", count: max(0, 3 - number.count)) + number + ") " + (line.white ?? "")
            text += Self.line(left, line.black ?? "", indent: 0)
        }
        return text
    }

    /// One line; the right column begins at 34.
    static func line(_ left: String, _ right: String, indent: Int) -> String {
        let left = String(repeating: " ", count: indent) + left
        if right.isEmpty { return left + "\n" }
        return left + String(repeating: " ", count: max(1, 34 - left.count)) + right + "\n"
    }
}
