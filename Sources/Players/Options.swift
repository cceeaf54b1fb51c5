/// What `players` is told on the command line.
struct Options {
    static let help = """
        players: plays backgammon against itself through a server, and checks that nothing acknowledged is lost

        usage: players --url http://127.0.0.1:3000 [--players N] [--tables N] [--games N] [--duration N] [--health N] [--json]

          --url URL      the server: localhost or a numeric IPv4 address
          --players N    an even number, default 100: two and two play against each other
          --tables N     matches that each player plays at the same time, over one connection, with one command under
                         way in all of them; default 1
          --games N      matches of each table, one after the other; default 1, with --duration no limit
          --duration N   begins no match after so many seconds
          --match N      points of each match, default 1; 0 is one game for money
          --health N     asks GET /health N times a second meanwhile, and tells the longest time without a good answer
          --seed N       of the players' choices, default 1
          --json         one JSON object instead of words

        Each player registers an account of his own, plays random legal moves as fast as he is answered, and comes back
        by himself whenever the server is gone. In the end the history of every game is replayed by the rules and compared
        with what was acknowledged.

        Each player is a client of his own to a server that is told TRUSTED_PROXIES=127.0.0.1 (or the network of the
        bridge, for a container). Without that its rate limit lets a player register every two seconds.

        SIGINT or SIGTERM: begins no further match, plays those that are under way to their end, and checks all.

        Exit status: 0 nothing was lost, 1 something was, or could not be played or checked, 2 wrong usage.

        Examples:
          players --url http://127.0.0.1:3000 --players 20
          players --url http://127.0.0.1:3000 --duration 60 --health 50 --json

        """

    var server: ServerAddress
    var players = 100
    /// Of each pair.
    var tables = 1
    /// Of each table; nil for no limit.
    var games: Int? = 1
    /// Begins no match after it; nil for no limit.
    var duration: Duration?
    var healthPerSecond: Int?
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
        var games: Int?
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
            case "--tables": self.tables = try number(name, 1...100)
            case "--games": games = try number(name, 1...1_000_000)
            case "--duration": self.duration = .seconds(try number(name, 1...86_400))
            case "--health": self.healthPerSecond = try number(name, 1...1000)
            case "--match": self.matchLength = try number(name, 0...25)
            case "--seed": self.seed = UInt64(try number(name, 0...Int.max))
            case "--json": self.isJSON = true
            default: throw Fault(text: "there is no \(name)")
            }
        }
        guard let server else { throw Fault(text: "--url is missing") }
        self.server = server
        self.games = games ?? (self.duration == nil ? 1 : nil)
    }
}
