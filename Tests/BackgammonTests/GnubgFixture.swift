import Backgammon
import FoundationEssentials

/// One line of what the real GNU Backgammon said (`scripts/fixtures/gnubg-plays.sh`).
struct GnubgLine: CustomStringConvertible {
    let description: String
    let fields: [String]

    static func all() throws -> [GnubgLine] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/gnubg-plays.txt")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            GnubgLine(description: String(line), fields: line.split(separator: " ").map(String.init))
        }
    }

    func number(_ index: Int) -> Int { Int(self.fields[index]) ?? -99 }
    var dice: Dice? { Dice(self.number(2), self.number(3)) }
    var onRoll: Player { self.number(12) == 0 ? .white : .black }

    /// The opponent's and the mover's places 1 to 25.
    var sides: (other: [Int], own: [Int]) {
        let counts = self.fields[13].compactMap(\.hexDigitValue)
        return (Array(counts.prefix(25)), Array(counts.suffix(25)))
    }
}
