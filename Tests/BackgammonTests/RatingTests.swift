import Backgammon
import Testing

@Suite("Ratings as FIBS defines them")
struct RatingTests {
    static func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-9 }

    @Test("two newcomers: the winner of a one-point match gains five times two points")
    func newcomers() {
        let after = Rating.afterMatch(length: 1, winner: Rating(), loser: Rating())
        #expect(Self.close(after.winner.value, 1510))
        #expect(Self.close(after.loser.value, 1490))
        #expect(after.winner.experience == 1 && after.loser.experience == 1)
    }

    @Test("from 400 points of experience on the factor is one")
    func experienced() {
        let after = Rating.afterMatch(
            length: 4, winner: Rating(value: 1600, experience: 400), loser: Rating(value: 1600, experience: 10_000))
        #expect(Self.close(after.winner.value, 1604))
        #expect(Self.close(after.loser.value, 1596))
    }

    /// 2000 points apart over one point the favourite is expected to win 10 of 11.
    @Test("an upset moves ten times as much as the expected win", arguments: [(true, 4.0 / 11), (false, 40.0 / 11)])
    func upset(favouriteWins: Bool, gain: Double) {
        let strong = Rating(value: 2500, experience: 1000)
        let weak = Rating(value: 500, experience: 1000)
        let winner = favouriteWins ? strong : weak
        let after = Rating.afterMatch(length: 1, winner: winner, loser: favouriteWins ? weak : strong)
        #expect(Self.close(after.winner.value - winner.value, gain))
    }

    @Test("absurd ratings give finite changes", arguments: [1e300, -1e300, 1e9])
    func absurd(value: Double) {
        let after = Rating.afterMatch(
            length: .max, winner: Rating(value: value, experience: .max), loser: Rating())
        #expect(after.winner.value.isFinite && after.loser.value.isFinite)
    }
}
