import Backgammon
import EventLoop
import Postgres
import Support
import Web

/// All games, for HTTP and for WebSockets. Whoever plays over whichever instance meets the same games: the database is
/// their place, and what is kept here is a copy that a commit proves to be current.
///
/// Every operation throws the problem to be answered, or a ``PostgresError`` (``HTTPProblem/init(_:log:)`` turns it into
/// one). What has thrown may be repeated: it is carried out once.
@Loop
final class Games {
    /// Looked through at once: some ten milliseconds of the database.
    private static nonisolated let sweepGames = 1_000

    private let store: GameStore
    private let services: LiveGame.Services
    private let listener: PostgresListener
    private let log: Log
    /// Those of which somebody wants something now.
    private var live: [Int: LiveGame] = [:]
    /// Connections by their account, to be told what concerns no game they watch.
    private var sessions: [Int: [ObjectIdentifier: any GameWatcher]] = [:]

    /// `roll` throws the dice: nobody can foretell them.
    init(
        _ configuration: PostgresConfiguration, _ pool: PostgresPool, log: Log, time: PlayTime = PlayTime(),
        roll: @escaping @Loop () -> Dice = DiceCup().roll
    ) {
        self.store = GameStore(pool)
        self.services = LiveGame.Services(
            store: self.store, writer: StepWriter(pool), time: time, log: log, roll: roll)
        self.listener = PostgresListener(configuration, channels: [GameStore.channel, GameStore.matchedChannel])
        self.log = log
    }

    // MARK: Before a game

    /// Makes a game that waits for an opponent. The same player's same client id answers the game that it made.
    func create(_ terms: Game.Terms, by player: Account, clientID: String?) async throws -> Game {
        guard let id = try await self.store.create(terms, by: player, clientID: clientID) else {
            // Made and taken back at the same moment.
            throw HTTPProblem.noSuchGame
        }
        return try await self.game(id)
    }

    /// Makes a game of two and begins it, inside a transaction of the caller, and returns its id. With the commit both are
    /// told `matched` over their connections, to whichever instance.
    func create(
        _ terms: Game.Terms, white: Account, black: Account, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        let step = self.begin(terms)
        return try await GameStore.create(terms, white: white, black: black, in: transaction) { id in
            StepRow(step, of: id, player: nil, order: nil)
        }
    }

    /// Sits down as black and begins. Who is in the game already gets it as it is.
    func join(_ id: Int, by player: Account) async throws -> Game {
        let before = try await self.game(id)
        if before.seat(of: player.id) != nil { return before }
        guard before.black == nil else { throw HTTPProblem.gameFull }
        let step = self.begin(before.terms)
        let isJoined = try await self.store.join(
            id, by: player, first: StepRow(step, of: id, player: nil, order: nil))
        let after = try await self.game(id)
        guard isJoined || after.seat(of: player.id) != nil else { throw HTTPProblem.gameFull }
        return after
    }

    private func begin(_ terms: Game.Terms) -> GameRecord.Step {
        GameRecord.begin(terms, at: self.services.time.now, roll: self.services.roll)
    }

    /// Takes back an own game that nobody has joined.
    func takeBack(_ id: Int, by player: Account) async throws {
        if try await self.store.takeBack(id, by: player) { return }
        let game = try await self.game(id)
        throw game.white.id == player.id ? HTTPProblem.alreadyStarted : HTTPProblem.notYourGame
    }

    // MARK: Asking

    /// The game as it stands now, whichever instance has changed it last.
    func game(_ id: Int) async throws -> Game { try await self.using(id) { try await $0.current() } }

    /// The game as it stood a moment ago, for little when somebody watches it.
    func recent(_ id: Int) async throws -> Game { try await self.using(id) { try await $0.recent() } }

    /// The games that `condition` picks, SQL behind `where` (and `order by`, `limit`) about `g`, a row of `games`, with
    /// `parameters` for its `$1` and so on.
    func find(_ condition: String, _ parameters: [PostgresParameter]) async throws(PostgresError) -> [Game] {
        try await self.store.find(condition, parameters)
    }

    /// The texts of events (JSON objects) behind the sequence number `after`, oldest first, `limit` at most.
    func events(of id: Int, after: Int, limit: Int) async throws(PostgresError) -> [String] {
        try await self.store.events(of: id, after: after, limit: limit)
    }

    /// The `state` of `game` as clients are told.
    func state(of game: Game) -> JSONValue {
        game.state(due: game.record.map { self.services.time.due($0) } ?? game.createdAt)
    }

    // MARK: Playing

    /// Carries out a command, once, and returns the last sequence number that it made.
    func carryOut(_ order: Order) async throws -> Int {
        try await self.using(order.game) { try await $0.carryOut(order) }
    }

    /// Tells `watcher` what it has missed behind `after`, then the state as an answer to `re`, then every event.
    func watch(_ id: Int, _ watcher: any GameWatcher, after: Int?, re: JSONValue) async throws {
        try await self.using(id) { try await $0.watch(watcher, after: after, re: re) }
    }

    func leave(_ id: Int, _ watcher: any GameWatcher) {
        self.live[id]?.leave(watcher)
        self.dropIfUnused(id)
    }

    /// From here on `session` is told what concerns `account`.
    func enter(_ session: any GameWatcher, of account: Account) {
        self.sessions[account.id, default: [:]][ObjectIdentifier(session)] = session
    }

    func exit(_ session: any GameWatcher, of account: Account) {
        self.sessions[account.id]?[ObjectIdentifier(session)] = nil
        if self.sessions[account.id]?.isEmpty == true { self.sessions[account.id] = nil }
    }

    var now: JSONValue { .moment(self.services.time.now) }

    private func using<Value>(_ id: Int, _ body: @Loop (LiveGame) async throws -> Value) async throws -> Value {
        let game = self.live[id] ?? LiveGame(id, self.services)
        self.live[id] = game
        game.users += 1
        defer {
            game.users -= 1
            self.dropIfUnused(id)
        }
        return try await body(game)
    }

    private func dropIfUnused(_ id: Int) {
        if self.live[id]?.isUnused == true { self.live[id] = nil }
    }

    // MARK: Other instances

    /// Listens to what other instances do, until the task is cancelled.
    func run() async {
        await self.listener.run { event in
            switch event {
            case .connected:
                for game in self.live.values { game.notified(nil) }
                await self.finishMatches()
            case .notification(GameStore.channel, let payload):
                for step in payload.utf8.split(separator: UInt8(ascii: " ")) {
                    let numbers = step.split(separator: UInt8(ascii: ":")).compactMap { Int(Substring($0)) }
                    if numbers.count == 2 { self.live[numbers[0]]?.notified(numbers[1]) }
                }
            case .notification(_, let payload):
                let numbers = payload.split(separator: " ").compactMap { Int($0) }
                if numbers.count == 3 { self.tellMatched(numbers[0], numbers[1...]) }
            case .disconnected:
                break
            }
        }
    }

    private func tellMatched(_ game: Int, _ accounts: ArraySlice<Int>) {
        let message = JSONValue.object([.init("type", "matched"), .init("game", .string(String(game)))])
        for account in accounts { self.sessions[account]?.values.forEach { $0.hear(message) } }
    }

    /// Notes the ends of matches that whoever ended them could not note any more.
    private func finishMatches() async {
        do {
            var last: Int? = 0
            while let id = last {
                let page = try await self.store.unfinished(after: id, limit: Self.sweepGames)
                for game in page.ended { try await self.store.finish(game) }
                last = page.last
            }
        } catch {
            // The next connection looks again, and so does whoever opens the game. The tables may not be there yet.
        }
    }
}
