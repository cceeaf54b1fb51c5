/// What `players` is told on the command line.
struct Options {
    static let help = """
        players: plays backgammon against itself through a server, and checks that nothing acknowledged is lost

        usage: players --url http://127.0.0.1:3000 [--players N] [--games N] [--seconds N] [--seed N] [--json]

          --url URL      the server: localhost or a numeric IPv4 address
          --players N    an even number, default 100: two and two play against each other
          --games N      games of each pair, one after the other, default 1
          --seconds N    begins no game after this time, whatever --games says; default: no limit
          --match N      points of each match, default 1
          --seed N       of the players' choices, default 1
          --json         one JSON object instead of words

        Exit status: 0 nothing was lost, 1 something was, or could not be played or checked, 2 wrong usage.

        """

    var server: ServerAddress
    var players = 100
    var games = 1
    var seconds: Int?
    var matchLength = 1
    var seed: UInt64 = 1
    var isJSON = false

    /// What is wrong with the command line, in words.
    struct Fault: Error {
        let text: String
    }

    init(_ arguments: [String]) throws(Fault) {
        var server: ServerAddress?
        var rest = arguments[...]
        func number(_ name: String, _ range: ClosedRange<Int>) throws(Fault) -> Int {
            guard let value = rest.popFirst().flatMap({ Int($0) }), range.contains(value) else {
                throw Fault(text: "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        while let name = rest.popFirst() {
            switch name {
            case "--url":
                server = rest.popFirst().flatMap { ServerAddress(url: $0) }
                guard server != nil else { throw Fault(text: "--url takes http://ADDRESS:PORT, the address numeric") }
            case "--players": self.players = try number(name, 2...10_000) / 2 * 2
            case "--games": self.games = try number(name, 1...1_000_000)
            case "--seconds": self.seconds = try number(name, 1...86_400)
            case "--match": self.matchLength = try number(name, 0...25)
            case "--seed": self.seed = UInt64(try number(name, 0...Int.max))
            case "--json": self.isJSON = true
            default: throw Fault(text: "there is no \(name)")
            }
        }
        guard let server else { throw Fault(text: "--url is missing") }
        self.server = server
    }
}
