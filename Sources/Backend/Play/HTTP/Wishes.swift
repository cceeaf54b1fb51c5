import Backgammon
import Web

/// What a player wants to play: the body of `POST /api/games` and `POST /api/queue`.
struct Wishes: Decodable, Sendable {
    struct Clock: Decodable, Sendable {
        let reserveSeconds: Int
        let delaySeconds: Int
    }

    let clientId: String?
    let matchLength: Int?
    let jacoby: Bool?
    let beavers: Bool?
    let clock: Clock?

    /// One point and no clock, where nothing is said.
    func terms() throws(HTTPProblem) -> Game.Terms {
        let length = self.matchLength ?? 1
        let (jacoby, beavers) = (self.jacoby ?? false, self.beavers ?? false)
        guard Game.Terms.matchLength.contains(length),
            let rules = Match.Rules(length: length, jacoby: jacoby, beavers: beavers)
        else { throw Self.outside("matchLength", Game.Terms.matchLength) }
        for (name, isAsked, isPossible) in [
            ("jacoby", jacoby, rules.jacoby), ("beavers", beavers, rules.beavers),
        ] where isAsked != isPossible {
            throw .invalidField(name, "can only be true for money, where matchLength is 0")
        }
        guard let clock else { return Game.Terms(rules: rules, clock: nil) }
        guard GameClock.Control.reserveSeconds.contains(clock.reserveSeconds) else {
            throw Self.outside("clock.reserveSeconds", GameClock.Control.reserveSeconds)
        }
        guard GameClock.Control.delaySeconds.contains(clock.delaySeconds) else {
            throw Self.outside("clock.delaySeconds", GameClock.Control.delaySeconds)
        }
        return Game.Terms(
            rules: rules,
            clock: GameClock.Control(reserveSeconds: clock.reserveSeconds, delaySeconds: clock.delaySeconds))
    }

    private static func outside(_ name: String, _ range: ClosedRange<Int>) -> HTTPProblem {
        .invalidField(name, "has to be \(range.lowerBound) to \(range.upperBound)")
    }
}
