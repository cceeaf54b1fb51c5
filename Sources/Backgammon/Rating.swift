/// A player's rating as the First Internet Backgammon Server (FIBS) defines it.
public struct Rating: Hashable, Sendable {
    /// 1500 for a newcomer.
    public var value = 1500.0
    /// The points of all matches that were played to their end, each counted with its length.
    public var experience = 0

    /// A newcomer.
    public init() {}

    public init(value: Double, experience: Int) {
        self.value = value
        self.experience = experience
    }

    /// The ratings of both after a match of `length` points; less than 1 counts as 1.
    ///
    /// The less likely the win was, the more it moves; newcomers move up to five times as fast.
    public static func afterMatch(
        length: Int, winner: Rating, loser: Rating
    ) -> (winner: Rating, loser: Rating) {
        let length = max(1, length)
        let root = Double(length).squareRoot()
        let chanceOfLoser = 1 / (powerOfTen((winner.value - loser.value) * root / 2000) + 1)
        let stake = 4 * root * chanceOfLoser
        func moved(_ rating: Rating, _ sign: Double) -> Rating {
            let speed = max(1, 5 - Double(rating.experience) / 100)
            let (sum, overflow) = rating.experience.addingReportingOverflow(length)
            return Rating(value: rating.value + sign * speed * stake, experience: overflow ? .max : sum)
        }
        return (moved(winner, 1), moved(loser, -1))
    }

    /// 10 to the `exponent`, cut to ±300 so that it stays finite. This module imports nothing, not even the C library's `pow`:
    /// squared eight times, a short series is exact to about 14 digits.
    private static func powerOfTen(_ exponent: Double) -> Double {
        let x = min(300, max(-300, exponent)) * 2.302585092994046 / 256
        var (term, sum) = (1.0, 1.0)
        for n in 1...24 {
            term *= x / Double(n)
            sum += term
        }
        for _ in 0..<8 { sum *= sum }
        return sum
    }
}
