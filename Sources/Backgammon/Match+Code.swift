extension Match {
    /// The match ID of GNU Backgammon for this moment. It can't tell a beaver from a double nor know who won at the end:
    /// `code` does.
    public var matchID: MatchID {
        var id = MatchID()
        id.cube = self.cube.value
        id.cubeOwner = self.cube.owner
        id.onRoll = self.onRoll
        id.turn = self.turn ?? self.onRoll
        id.isCrawford = self.isCrawford
        id.length = self.rules.length
        id.whiteScore = self.whiteScore
        id.blackScore = self.blackScore
        id.jacoby = self.rules.jacoby
        switch self.phase {
        case .openingRoll, .toRoll: break
        case .toPlay(let dice): id.dice = dice
        case .doubled, .beavered: id.isDoubled = true
        case .resigning(_, let kind, let dice):
            id.resignation = kind
            id.dice = dice
        case .over: id.gameState = .over
        }
        return id
    }

    /// The whole state in 29 characters or one more: position ID, match ID, and a letter for what they lack; `+` says that
    /// beavers are played. Equal states have equal codes.
    public var code: String {
        let letter =
            switch self.phase {
            case .openingRoll: "o"
            case .toRoll: "r"
            case .toPlay: "p"
            case .doubled: "d"
            case .beavered: "b"
            case .resigning: "n"
            case .over(.white): "w"
            case .over(.black): "k"
            }
        // Appended, not interpolated: it is written with each move.
        var code = self.position.id(onRoll: self.onRoll)
        code.reserveCapacity(30)
        code += ":"
        code += self.matchID.text
        code += ":"
        code += letter
        if self.rules.beavers { code += "+" }
        return code
    }

    /// Reads what `code` writes. Any text may come: what no match of ours can be is refused.
    public init(code: some StringProtocol) throws(InvalidID) {
        let parts = code.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw InvalidID(.code, "it must be position ID, match ID and phase, with colons")
        }
        let id = try MatchID(text: parts[1])
        let beavers = parts[2].hasSuffix("+")
        guard let rules = Rules(length: id.length, jacoby: id.jacoby, beavers: beavers), id.cube <= Cube.valueMax else {
            throw InvalidID(.code, "match longer than 64 points, or cube beyond \(Cube.valueMax)")
        }
        self.init(rules)
        self.position = try Position(id: parts[0], onRoll: id.onRoll)
        self.cube = Cube(value: id.cube, owner: id.cubeOwner)
        self.onRoll = id.onRoll
        self.isCrawford = id.isCrawford
        self.whiteScore = id.whiteScore
        self.blackScore = id.blackScore
        switch (parts[2].first, id.dice, id.resignation) {
        case ("o", nil, nil): self.phase = .openingRoll
        case ("r", nil, nil): self.phase = .toRoll
        case ("p", let dice?, nil): self.phase = .toPlay(dice)
        case ("d", nil, nil): self.phase = .doubled
        case ("b", nil, nil): self.phase = .beavered
        case ("n", let dice, let kind?): self.phase = .resigning(by: id.turn.opponent, kind: kind, dice: dice)
        case ("w", nil, nil): self.phase = .over(winner: .white)
        case ("k", nil, nil): self.phase = .over(winner: .black)
        default: throw InvalidID(.code, "phase does not fit the match ID")
        }
        // Writing it again shows everything that is said twice and does not agree.
        guard self.code == code else { throw InvalidID(.code, "its parts contradict each other") }
    }
}
