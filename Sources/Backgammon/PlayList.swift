/// A play and where it leads.
public struct LegalPlay: Hashable, Sendable {
    public let play: Play
    public let position: Position
}

/// All distinct legal plays of a roll: one for each position that can be reached. Keep one and fill it again: its storage
/// stays, so that generating allocates nothing once it has grown.
public struct PlayList: Sendable {
    /// Empty when nothing can be moved.
    public private(set) var plays: [LegalPlay] = []
    private var longest = 1

    public init() { self.plays.reserveCapacity(64) }

    /// Replaces the content by the plays of `dice` for `player`.
    ///
    /// As many dice as possible must be played, and if only one of two can be, the larger. So of all sequences of moves only
    /// the longest are kept.
    public mutating func fill(from position: Position, player: Player, dice: Dice) {
        self.plays.removeAll(keepingCapacity: true)
        self.longest = 1
        let board = position.board(seenBy: player)
        if dice.isDouble {
            self.extend(Play(), on: board, die: dice.first, times: 4, below: 25, player: player)
        } else {
            self.addPairs(on: board, dice.larger, dice.smaller, player: player)
            let largerPlayable = !self.plays.isEmpty
            self.addPairs(on: board, dice.smaller, dice.larger, player: player, aloneToo: !largerPlayable)
        }
    }

    /// Doubles: each further checker starts no higher than the one before. Every set of moves that is possible in some order
    /// is possible in this one, and different sets lead to different positions, so nothing is found twice.
    private mutating func extend(
        _ play: Play, on board: Board, die: Int, times: Int, below limit: Int, player: Player
    ) {
        var isLast = true
        let highest = board.highest
        if times > 0, highest > 0 {
            for from in stride(from: Swift.min(highest, limit), to: 0, by: -1)
            where board.obstacle(from: from, die: die, highest: highest) == nil {
                isLast = false
                var longer = play
                longer.append(from: from, to: max(0, from - die))
                self.extend(
                    longer, on: board.moved(from: from, die: die), die: die, times: times - 1, below: from,
                    player: player)
            }
        }
        if isLast { self.add(play, board, player) }
    }

    /// Two different dice in one order. A play of the first alone counts only if `aloneToo`.
    private mutating func addPairs(
        on board: Board, _ first: Int, _ second: Int, player: Player, aloneToo: Bool = true
    ) {
        let highest = board.highest
        for from in stride(from: highest, to: 0, by: -1)
        where board.obstacle(from: from, die: first, highest: highest) == nil {
            let between = board.moved(from: from, die: first)
            var play = Play()
            play.append(from: from, to: max(0, from - first))
            var isLast = true
            let highest = between.highest
            for from in stride(from: highest, to: 0, by: -1)
            where between.obstacle(from: from, die: second, highest: highest) == nil {
                isLast = false
                var pair = play
                pair.append(from: from, to: max(0, from - second))
                self.addIfNew(pair, between.moved(from: from, die: second), player)
            }
            if isLast, aloneToo { self.add(play, between, player) }
        }
    }

    private mutating func addIfNew(_ play: Play, _ board: Board, _ player: Player) {
        let position = Position(board, seenBy: player)
        guard self.longest < play.count || !self.plays.contains(where: { $0.position == position }) else { return }
        self.add(play, board, player)
    }

    private mutating func add(_ play: Play, _ board: Board, _ player: Player) {
        guard play.count >= self.longest else { return }
        if play.count > self.longest {
            self.plays.removeAll(keepingCapacity: true)
            self.longest = play.count
        }
        self.plays.append(LegalPlay(play: play, position: Position(board, seenBy: player)))
    }
}
