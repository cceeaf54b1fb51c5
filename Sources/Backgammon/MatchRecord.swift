/// All that happened in a match, enough to replay it.
public struct MatchRecord: Hashable, Sendable {
    /// One action and whose it was; the opening roll may be anybody's.
    public struct Event: Hashable, Sendable {
        public let player: Player
        public let action: Match.Action

        public init(_ player: Player, _ action: Match.Action) {
            self.player = player
            self.action = action
        }
    }

    public let rules: Match.Rules
    public private(set) var events: [Event] = []
    /// Where the events lead.
    public private(set) var match: Match

    public init(_ rules: Match.Rules) {
        self.rules = rules
        self.match = Match(rules)
    }

    /// Adds what happened next. When a rule forbids it, nothing changes.
    @discardableResult
    public mutating func append(_ event: Event) throws(RuleViolation) -> GameResult? {
        let result = try self.match.apply(event.action, by: event.player)
        self.events.append(event)
        return result
    }
}
