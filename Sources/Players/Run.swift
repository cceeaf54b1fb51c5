import Backgammon
import EventLoop
import Support

/// All players and all they do, from registering to the audit.
@Loop
final class Run {
    /// A game and both who played it.
    private struct Table {
        let game: String
        let seats: [Seat]
    }

    private struct MadeGame: Decodable {
        let id: String
    }

    /// Registrations at a time: enough for the two passwords that the server hashes at once. On a busy machine more would
    /// wait longer than the server takes for an answer, and be done in vain.
    private static nonisolated let registrationsMost = 4
    private static nonisolated let auditsMost = 10

    private let options: Options
    private let clients: [Client]
    private let poll: HealthPoll?
    let figures = Figures()
    private var tables: [Table] = []
    private var isStopped = false
    private var began = Loop.now
    /// While all could play: acknowledged commands, and for how long. Nil when nobody was stopped.
    private var atFullSpeed: Report.Speed?

    init(_ options: Options) {
        self.options = options
        var random = SystemRandomNumberGenerator()
        let runID = String(random.next() >> 16, radix: 36)
        let password = String(random.next(), radix: 36) + String(random.next(), radix: 36)
        let figures = self.figures
        self.clients = (0..<options.players).map {
            Client($0, options, runID: runID, password: password, figures: figures)
        }
        self.poll = options.healthPerSecond.map { HealthPoll(options, perSecond: $0) }
    }

    /// Begins no further game.
    func stop() {
        guard !self.isStopped else { return }
        self.isStopped = true
        self.atFullSpeed = self.speed
    }

    private var speed: Report.Speed {
        Report.Speed(acknowledged: self.figures.acknowledged, time: self.began.duration(to: Loop.now))
    }

    /// Plays, and returns when all games are over and compared with what the server has.
    func run() async -> Report {
        guard await self.register() else { return self.report(self.speed, Audit()) }
        self.began = Loop.now
        let timer = self.options.duration.map { limit in Loop.after(limit) { self.stop() } }
        await withDiscardingTaskGroup { group in
            if let poll { group.addLoopTask { await poll.run() } }
            group.addLoopTask {
                await self.playAll()
                self.poll?.end()
            }
        }
        timer?.cancel()
        let played = self.speed
        let audit = await self.audit()
        for client in self.clients { client.close() }
        return self.report(played, audit)
    }

    private func register() async -> Bool {
        await self.forEach(self.clients, atOnce: Self.registrationsMost) { client in
            do throws(GivenUp) {
                try await client.register()
            } catch {
                self.figures.faults.append("player \(client.number): \(error)")
            }
        }
        return self.figures.faults.isEmpty
    }

    /// Calls `body` for each of `items`, for so many at a time.
    private func forEach<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ body: @escaping @Loop @Sendable (Item) async -> Void
    ) async {
        var iterator = items.makeIterator()
        func next() -> Item? { iterator.next() }
        await withDiscardingTaskGroup { group in
            for _ in 0..<atOnce {
                group.addLoopTask { while let item = next() { await body(item) } }
            }
        }
    }

    // MARK: Playing

    private func playAll() async {
        self.figures.pulse.beat()
        await withDiscardingTaskGroup { group in
            for pair in 0..<self.clients.count / 2 {
                for table in 0..<self.options.tables {
                    group.addLoopTask { await self.play(pair, at: table) }
                }
            }
        }
        self.figures.pulse.end()
    }

    /// One match after the other, beside those of the pair's other tables.
    private func play(_ pair: Int, at table: Int) async {
        let white = self.clients[2 * pair]
        let black = self.clients[2 * pair + 1]
        var number = 0
        while !self.isStopped, number < self.options.games ?? .max {
            number += 1
            do throws(GivenUp) {
                let game = try await self.makeGame("g\(table)-\(number)", white, black)
                self.figures.gamesBegun += 1
                let seats = await Self.seats(at: game, white, black)
                self.tables.append(Table(game: game, seats: seats))
                guard seats.allSatisfy(\.isOver) else { return }
                self.figures.gamesOver += 1
            } catch {
                self.figures.faults.append("pair \(pair): \(error)")
                return
            }
        }
    }

    private func makeGame(_ id: String, _ white: Client, _ black: Client) async throws(GivenUp) -> String {
        let wish: JSONValue = ["clientId": .string(id), "matchLength": .integer(self.options.matchLength)]
        let made = try await white.call("POST", "/api/games", wish)
        guard 200...201 ~= made.status else { throw GivenUp("a new game: status \(made.status)") }
        let game = try made.read(MadeGame.self).id
        let joined = try await black.call("POST", "/api/games/\(game)/join")
        guard joined.status == 200 else { throw GivenUp("joining game \(game): status \(joined.status)") }
        return game
    }

    /// Both play until the game is over.
    private static func seats(at game: String, _ white: Client, _ black: Client) async -> [Seat] {
        var seats: [Seat] = []
        func take(_ seat: Seat) { seats.append(seat) }
        await withDiscardingTaskGroup { group in
            group.addLoopTask { take(await white.play(Seat(game: game, side: .white))) }
            group.addLoopTask { take(await black.play(Seat(game: game, side: .black))) }
        }
        return seats
    }

    // MARK: Afterwards

    private func audit() async -> Audit {
        var audit = Audit()
        func take(_ events: [HistoryEvent], _ table: Table) {
            audit.add(events, of: table.game, length: self.options.matchLength, seats: table.seats)
        }
        await self.forEach(self.tables, atOnce: Self.auditsMost) { table in
            do throws(GivenUp) {
                take(try await self.history(of: table.game), table)
            } catch {
                self.figures.faults.append("history of game \(table.game): \(error)")
            }
        }
        return audit
    }

    private func history(of game: String) async throws(GivenUp) -> [HistoryEvent] {
        var events: [HistoryEvent] = []
        var after: Int? = 0
        while let position = after {
            let client = self.clients[events.count % self.clients.count]
            let answer = try await client.call("GET", "/api/games/\(game)/history?limit=500&after=\(position)")
            guard answer.status == 200 else { throw GivenUp("status \(answer.status)") }
            let page = try answer.read(HistoryPage.self)
            events += page.events
            after = page.next
        }
        return events
    }

    private func report(_ played: Report.Speed, _ audit: Audit) -> Report {
        Report(
            players: self.clients.count, played: played, atFullSpeed: self.atFullSpeed ?? played,
            gamesBegun: self.figures.gamesBegun, gamesOver: self.figures.gamesOver, audit: audit,
            connectionsLost: self.figures.connectionsLost,
            ofPlayers: self.figures.outages.ofPlayers, ofAll: self.figures.outages.ofAll,
            longestPause: self.figures.pulse.longestPause,
            health: self.poll.map {
                Report.Health(asked: $0.asked, failed: $0.failed, longestPause: $0.pulse.longestPause)
            },
            faults: self.figures.faults + audit.faults)
    }
}
