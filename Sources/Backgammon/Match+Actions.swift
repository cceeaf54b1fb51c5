extension Match {
    /// What can happen in a match.
    public enum Action: Hashable, Sendable {
        /// In the opening roll the dice are white's and black's, and the player does not matter.
        case roll(Dice)
        case play(Play)
        case double
        /// Accepts a double or a beaver.
        case take
        /// Gives up the game instead of playing on for the doubled cube.
        case drop
        /// Takes a double and doubles back, keeping the cube.
        case beaver
        /// Offers to lose.
        case resign(WinKind)
        case acceptResignation
        case rejectResignation
    }

    /// Carries out an action. When it ends a game, the result is returned, and the match is at the next game's opening roll or
    /// over. When a rule forbids it, nothing changes.
    @discardableResult
    public mutating func apply(_ action: Action, by player: Player) throws(RuleViolation) -> GameResult? {
        if case .over = self.phase { throw .matchOver }
        // To resign is everybody's right at any time, except in the middle of an offer.
        if case .resign(let kind) = action { return try self.offerResignation(kind, by: player) }
        if let turn, turn != player { throw .notYourTurn }

        switch (self.phase, action) {
        case (.openingRoll, .roll(let dice)):
            guard !dice.isDouble else { return nil }
            self.onRoll = dice.first > dice.second ? .white : .black
            self.phase = .toPlay(dice.largerFirst)
        case (.toRoll, .roll(let dice)):
            self.phase = .toPlay(dice.largerFirst)
        case (.toRoll, .double):
            if let rule = self.doubleObstacle { throw rule }
            self.phase = .doubled
        case (.toPlay(let dice), .play(let play)):
            self.position = try self.position.playing(play, by: player, dice: dice)
            if self.position.checkers(of: player, at: 0) == 15 {
                return self.end(winner: player, kind: self.position.kindOfWin(for: player), reason: .played)
            }
            self.pass()
        case (.doubled, .take):
            self.turnCube(to: player)
            self.phase = .toRoll
        case (.doubled, .beaver):
            guard self.rules.beavers else { throw .beaversOff }
            guard self.cube.value * 4 <= Cube.valueMax else { throw .cubeAtMaximum }
            self.turnCube(to: player)
            self.phase = .beavered
        case (.beavered, .take):
            self.turnCube(to: player.opponent)
            self.phase = .toRoll
        case (.doubled, .drop), (.beavered, .drop):
            return self.end(winner: player.opponent, kind: .plain, reason: .dropped)
        case (.resigning(let loser, let kind, _), .acceptResignation):
            return self.end(winner: loser.opponent, kind: kind, reason: .resigned)
        case (.resigning(_, _, let dice), .rejectResignation):
            self.phase = dice.map { .toPlay($0) } ?? .toRoll
        default:
            throw .wrongPhase
        }
        return nil
    }

    /// The rule that forbids `onRoll` to double now, nil when he may.
    public var doubleObstacle: RuleViolation? {
        if self.phase != .toRoll { return .wrongPhase }
        if self.isCrawford { return .crawfordGame }
        if let owner = self.cube.owner, owner != self.onRoll { return .cubeNotYours }
        return self.cube.value < Cube.valueMax ? nil : .cubeAtMaximum
    }

    private mutating func offerResignation(_ kind: WinKind, by player: Player) throws(RuleViolation) -> GameResult? {
        switch self.phase {
        case .toRoll: self.phase = .resigning(by: player, kind: kind, dice: nil)
        case .toPlay(let dice): self.phase = .resigning(by: player, kind: kind, dice: dice)
        case .openingRoll, .doubled, .beavered, .resigning, .over: throw .wrongPhase
        }
        return nil
    }

    private mutating func pass() {
        self.onRoll = self.onRoll.opponent
        self.phase = .toRoll
    }

    private mutating func turnCube(to owner: Player) {
        self.cube = Cube(value: self.cube.value * 2, owner: owner)
    }

    private mutating func end(winner: Player, kind: WinKind, reason: GameResult.Reason) -> GameResult {
        let plainOnly = self.rules.jacoby && self.cube.owner == nil
        let kind = plainOnly ? .plain : kind
        let result = GameResult(winner: winner, kind: kind, reason: reason, points: kind.rawValue * self.cube.value)
        let matchPoint = self.rules.length - 1
        let wasAtMatchPoint = max(self.whiteScore, self.blackScore) >= matchPoint
        if winner == .white { self.whiteScore += result.points } else { self.blackScore += result.points }
        if self.rules.length == 0 || self.score(of: winner) >= self.rules.length {
            self.phase = .over(winner: winner)
            return result
        }
        self.isCrawford = !wasAtMatchPoint && self.score(of: winner) == matchPoint
        self.position = .opening
        self.cube = Cube()
        self.phase = .openingRoll
        return result
    }
}
