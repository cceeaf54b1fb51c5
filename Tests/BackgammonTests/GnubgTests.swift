import Backgammon
import Testing

@Suite("What GNU Backgammon says")
struct GnubgTests {
    @Test("position IDs are read and written as GNU Backgammon does")
    func positionIDs() throws {
        let lines = try GnubgLine.all()
        try #require(lines.count > 1000)
        for line in lines {
            let position = try Position(id: line.fields[0], onRoll: line.onRoll)
            let (other, own) = line.sides
            for place in 1...25 {
                try #require(position.checkers(of: line.onRoll, at: place) == own[place - 1], "\(line)")
                try #require(position.checkers(of: line.onRoll.opponent, at: place) == other[place - 1], "\(line)")
            }
            try #require(position.id(onRoll: line.onRoll) == line.fields[0])
        }
    }

    @Test("match IDs are read and written as GNU Backgammon does")
    func matchIDs() throws {
        for line in try GnubgLine.all() {
            let id = try MatchID(text: line.fields[1])
            // GNU Backgammon keeps the larger die first.
            let dice = [line.number(2), line.number(3)].sorted(by: >)
            try #require(id.dice == Dice(dice[0], dice[1]), "\(line)")
            try #require(id.cube == line.number(5), "\(line)")
            try #require(id.cubeOwner.map { $0 == .white ? 0 : 1 } ?? -1 == line.number(6), "\(line)")
            try #require(id.whiteScore == line.number(7) && id.blackScore == line.number(8), "\(line)")
            try #require(id.length == line.number(9), "\(line)")
            try #require(id.isCrawford == (line.number(10) != 0), "\(line)")
            // In match play GNU Backgammon answers 0 here and keeps the setting in the ID.
            if id.length == 0 { try #require(id.jacoby == (line.number(11) != 0), "\(line)") }
            try #require(id.onRoll == line.onRoll && id.turn == line.onRoll, "\(line)")
            try #require(id.text == line.fields[1])
        }
    }

    @Test("each position has as many distinct plays as GNU Backgammon counts")
    func counts() throws {
        for line in try GnubgLine.all() {
            let position = try Position(id: line.fields[0], onRoll: line.onRoll)
            let dice = try #require(line.dice)
            try #require(position.plays(for: line.onRoll, dice: dice).count == line.number(4), "\(line)")
        }
    }
}
