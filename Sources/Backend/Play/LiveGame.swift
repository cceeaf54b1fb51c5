import Backgammon
import EventLoop
import Postgres
import Support
import Web

/// Who wants to hear of a game: a client's connection.
@Loop
protocol GameWatcher: AnyObject {
    /// A message of the protocol, in the order of sequence numbers. The bytes are good during the call alone.
    func hear(_ message: UnsafeBufferPointer<UInt8>)
}

extension GameWatcher {
    func hear(_ message: JSONValue) {
        var text = message.text
        text.withUTF8 { self.hear($0) }
    }
}

/// One game of which somebody wants something now: a copy of its rows, and those who watch it.
///
/// The copy may be behind when another instance has changed the game. That can't do harm: a command is only carried out
/// by inserting the row that follows the last one (decision 019), and who was behind reads what he has missed.
@Loop
final class LiveGame {
    /// A command that was carried out.
    private struct Done {
        /// ``Order/text``.
        let command: String
        let seq: Int
    }

    private struct Key: Hashable {
        let player: Player
        let id: String
    }

    /// What all games share.
    struct Services {
        let store: GameStore
        let writer: StepWriter
        let time: PlayTime
        let log: Log
        let roll: @Loop () -> Dice
        let messages = MessageRoom()
    }

    /// Where events are put together for those who watch, one at a time.
    @Loop
    final class MessageRoom {
        fileprivate var json = JSONWriter(capacity: LiveGame.messageBytes)

        nonisolated init() {}
    }

    /// How often a command is tried that other instances come before.
    private static nonisolated let attempts = 10
    /// Most messages of an event with the state behind it have room in it.
    fileprivate static nonisolated let messageBytes = 2_048
    /// In one page of missed events.
    private static nonisolated let pageEvents = 500
    /// Before rows are read again that could not be read.
    private static nonisolated let retryPause = Duration.milliseconds(500)

    let id: Int
    /// Calls in progress; the game is kept for them.
    var users = 0

    private let services: Services
    private let turnstile = Turnstile()
    private var game: Game?
    private var done: [Key: Done] = [:]
    private var watchers: [ObjectIdentifier: any GameWatcher] = [:]
    /// Up to which a step is being written, so that its own notification is no news.
    private var writingSeq = 0
    /// A write has failed: whether its row is there is not known.
    private var isUncertain = false
    private var isCatchingUp = false
    private var timer: LoopTimer?

    init(_ id: Int, _ services: Services) {
        self.id = id
        self.services = services
    }

    var isUnused: Bool { self.users == 0 && self.watchers.isEmpty }

    // MARK: Asking

    /// The game as the rows say now.
    func current() async throws -> Game {
        await self.turnstile.enter()
        defer { self.turnstile.leave() }
        return try await self.settled()
    }

    /// The game as it is known here, without asking the database when somebody watches it. The sequence number says which
    /// moment it shows, and who is behind will be told.
    func recent() async throws -> Game {
        await self.turnstile.enter()
        defer { self.turnstile.leave() }
        if !self.watchers.isEmpty, let copy { return copy }
        return try await self.watchers.isEmpty ? self.settled() : self.caughtUp()
    }

    /// Tells `watcher` all events behind `after` (none without it), then the state as an answer to `re`, and from then on
    /// every event.
    func watch(_ watcher: any GameWatcher, after: Int?, re: JSONValue) async throws {
        await self.turnstile.enter()
        defer { self.turnstile.leave() }
        let game = try await self.settled()
        var seq = after ?? game.seq
        while seq < game.seq {
            let events = try await self.asking { () throws(PostgresError) in
                // Not beyond the copy: another instance may be writing, and the watcher is told of that in its turn.
                try await self.services.store.events(
                    of: self.id, after: seq, limit: min(Self.pageEvents, game.seq - seq))
            }
            // Rows are never removed: what is not there now was never there.
            if events.isEmpty { break }
            for event in events { self.tell(event, behind: nil, to: CollectionOfOne(watcher)) }
            seq += events.count
        }
        let time = self.services.time
        watcher.hear(
            JSONValue.object([
                .init("type", "state"), .init("re", re), .init("game", .string(String(self.id))),
                .init("seq", .integer(game.seq)), .init("state", self.state(of: game)),
                .init("now", .moment(time.now)),
            ]))
        self.watchers[ObjectIdentifier(watcher)] = watcher
        self.watchTime()
    }

    func leave(_ watcher: any GameWatcher) {
        self.watchers[ObjectIdentifier(watcher)] = nil
        if self.watchers.isEmpty { self.timer?.cancel() }
    }

    func state(of game: Game) -> JSONValue { game.state(due: self.due(game)) }

    /// From when the decision that is due counts.
    private func due(_ game: Game) -> Int { game.record.map { self.services.time.due($0) } ?? game.createdAt }

    // MARK: Commands

    /// Carries out a command, once, and returns the last sequence number that it made.
    func carryOut(_ order: Order) async throws -> Int {
        // Here and below what can be had at once is not awaited: each call that may wait costs as much as the rules do.
        if !self.turnstile.enterAtOnce() { await self.turnstile.enter() }
        defer { self.turnstile.leave() }
        for attempt in 0..<Self.attempts {
            let game: Game
            if attempt == 0, let copy = self.copy { game = copy } else { game = try await self.caughtUp() }
            guard let seat = game.seat(of: order.player.id) else { throw HTTPProblem.notYourGame }
            let key = Key(player: seat, id: order.id)
            if let done = self.done[key] {
                guard done.command == order.text else { throw HTTPProblem.idReused }
                return done.seq
            }
            guard let record = game.record else { throw HTTPProblem.notStarted }
            if record.clock != nil, try await self.timeOut(record) { continue }
            if record.end != nil { throw HTTPProblem.gameOver }
            if let seq = order.seq, seq != record.seq {
                // Another instance may have told the client more than we know, or what he has sent before.
                if attempt == 0 { continue }
                throw HTTPProblem.staleSeq(record.seq)
            }
            let step: GameRecord.Step
            let time = self.services.time
            do throws(RuleViolation) {
                step = try record.applying(
                    order.command, id: order.id, by: seat, due: time.due(record), at: time.now,
                    roll: self.services.roll)
            } catch {
                throw HTTPProblem(error)
            }
            let row = StepRow(step, of: self.id, player: seat, order: order)
            if try await self.write(row, step) {
                self.done[key] = Done(command: row.command ?? "", seq: step.record.seq)
                if step.record.end != nil { await self.finishIfOver() }
                return step.record.seq
            }
        }
        throw HTTPProblem.busy
    }

    /// Ends the match when time is over; true when the game has to be looked at anew.
    private func timeOut(_ record: GameRecord) async throws -> Bool {
        let time = self.services.time
        guard let step = record.timingOut(due: time.due(record), at: time.now) else { return false }
        if try await self.write(StepRow(step, of: self.id, player: nil, order: nil), step) { await self.finishIfOver() }
        return true
    }

    /// Commits `row` and tells it; false when another row came before it.
    private func write(_ row: StepRow, _ step: GameRecord.Step) async throws(PostgresError) -> Bool {
        self.writingSeq = row.lastSeq
        defer { self.writingSeq = 0 }
        do throws(PostgresError) {
            let isWritten = try await self.services.writer.write(row)
            self.services.time.served()
            if isWritten { self.take(step.record, events: row.events) }
            return isWritten
        } catch {
            self.services.time.interrupted()
            self.isUncertain = true
            self.catchUpSoon(after: Self.retryPause)
            throw error
        }
    }

    private func finishIfOver() async {
        guard let game, game.record?.end != nil, !game.isFinished else { return }
        do {
            try await self.services.store.finish(game)
        } catch {
            // Whoever looks next does it.
            self.services.log.warning(
                "the end of a match is not noted yet", .init("game", .integer(self.id)),
                .init("reason", .string("\(error)")))
        }
    }

    // MARK: The copy

    /// The copy; nil when there is none or it may be wrong.
    private var copy: Game? { self.isUncertain || self.game?.record == nil ? nil : self.game }

    /// The copy, brought up to date with the rows, and ended when its time is over.
    private func settled() async throws -> Game {
        while true {
            let game = try await self.caughtUp()
            guard let record = game.record, try await self.timeOut(record) else { return game }
        }
    }

    /// The copy, brought up to date with the rows. Watchers are told what they have missed.
    @discardableResult
    private func caughtUp() async throws -> Game {
        if let game, game.record != nil {
            let steps = try await self.asking { () throws(PostgresError) in
                try await self.services.store.steps(of: game, after: game.seq)
            }
            self.take(steps)
        } else {
            try await self.load()
        }
        self.isUncertain = false
        guard let game else { throw HTTPProblem.noSuchGame }
        return game
    }

    private func load() async throws {
        let store = self.services.store
        let waiting = self.game
        let id = self.id
        let found = try await self.asking { () throws(PostgresError) in try await store.game(id) }
        guard let found else { throw HTTPProblem.noSuchGame }
        if waiting != nil, found.record != nil {
            // It has begun while it was watched: its watchers want every event.
            let steps = try await self.asking { () throws(PostgresError) in try await store.steps(of: found, after: 0) }
            self.game = found
            self.take(steps)
            return
        }
        let commands = try await self.asking { () throws(PostgresError) in
            try await store.commands(of: id, upTo: found.seq)
        }
        for (player, command, seq) in commands { self.note(player, command, seq) }
        self.game = found
        if found.record?.end != nil, !found.isFinished { await self.finishIfOver() }
    }

    private func take(_ steps: [GameStore.Stored]) {
        for step in steps {
            self.note(step.player, step.command, step.lastSeq)
            self.take(step.record, events: step.events)
        }
    }

    private func note(_ player: Player?, _ command: String?, _ seq: Int) {
        guard let player, let command, let space = command.firstIndex(of: " ") else { return }
        self.done[Key(player: player, id: String(command[..<space]))] = Done(command: command, seq: seq)
    }

    /// The game has come to `record`: everybody is told.
    private func take(_ record: GameRecord, events: [String]) {
        self.game?.record = record
        guard let game, !self.watchers.isEmpty else { return }
        for (index, event) in events.enumerated() {
            self.tell(event, behind: index == events.count - 1 ? game : nil, to: self.watchers.values)
        }
        self.watchTime()
    }

    /// - Parameter game: as it stands behind the event, when the message is to show that.
    private func tell(_ event: String, behind game: Game?, to watchers: some Collection<any GameWatcher>) {
        let messages = self.services.messages
        messages.json.clear()
        messages.json.object { json in
            json.member("type", "event")
            json.member("game", String(self.id))
            json.members(ofObject: event)
            if let game { json.object("state") { game.writeState(due: self.due(game), to: &$0) } }
        }
        messages.json.withBytes { message in
            for watcher in watchers { watcher.hear(message) }
        }
    }

    /// Asks the database, and keeps account of whether it serves.
    private func asking<Value>(
        _ body: @Loop () async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        do throws(PostgresError) {
            let value = try await body()
            self.services.time.served()
            return value
        } catch {
            self.services.time.interrupted()
            throw error
        }
    }

    // MARK: News from other instances

    /// Somebody has committed the sequence number `seq`; nil when any may have been missed.
    func notified(_ seq: Int?) {
        if let seq, let game, seq <= max(game.seq, self.writingSeq) { return }
        self.catchUpSoon(after: .zero)
    }

    private func catchUpSoon(after pause: Duration) {
        guard !self.isCatchingUp else { return }
        self.isCatchingUp = true
        Task { @Loop in
            if pause > .zero { try? await Loop.sleep(for: pause) }
            await self.turnstile.enter()
            self.isCatchingUp = false
            do {
                try await self.caughtUp()
            } catch is PostgresError {
                if !self.watchers.isEmpty { self.catchUpSoon(after: Self.retryPause) }
            } catch {
                // It was taken back: there is no news to be had.
            }
            self.turnstile.leave()
        }
    }

    // MARK: The clock

    /// Sets the timer for the end of the time of who has to act, while anybody watches.
    private func watchTime() {
        self.timer?.cancel()
        guard !self.watchers.isEmpty, let record = self.game?.record, let clock = record.clock, let turn = record.turn
        else { return }
        let time = self.services.time
        let end = clock.deadline(of: turn, since: time.due(record)) + GameClock.graceMilliseconds + 1
        self.timer = Loop.after(.milliseconds(max(0, end - time.now))) { [weak self] in
            guard let self else { return }
            Task { @Loop in
                do {
                    _ = try await self.current()
                } catch {
                    // An outage moves the end, but that is known only when it is over.
                    try? await Loop.sleep(for: Self.retryPause)
                }
                self.watchTime()
            }
        }
    }
}
