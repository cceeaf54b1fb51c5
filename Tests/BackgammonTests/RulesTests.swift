import Backgammon
import Testing

@Suite("The rules")
struct RulesTests {
    @Test("the opening position has 167 pips on each side")
    func openingPips() {
        #expect(Position.opening.pips(of: .white) == 167)
        #expect(Position.opening.pips(of: .black) == 167)
    }
}
