import EventLoop
import Postgres
import Support
import Web

/// Answers the health endpoints.
///
/// The fields `app` and `db` are "ok" or "down"; the watchdog and redeploy read them. The rest follows the
/// `application/health+json` draft (draft-inadarei-api-health-check-06).
@Loop
final class Health {
    private enum Tables {
        static let names = ["users", "games"]
    }

    /// Why the database is not to be used now.
    private struct Trouble: Hashable {
        static let migrating = Trouble(reason: "migrating", detail: "the schema is not up to date yet")

        /// The class, for answers.
        let reason: String
        /// The server's words, for the log.
        let detail: String

        init(_ error: PostgresError) { self.init(reason: error.code.rawValue, detail: error.description) }

        init(reason: String, detail: String) {
            self.reason = reason
            self.detail = detail
        }
    }

    private struct Counts: Sendable {
        let users: TableCount
        let games: TableCount
    }

    #if FAULT_INJECTION
        /// The application calls itself down, whatever the database says.
        var isSick = false
    #endif

    let webSocket = WebSocketFigures()

    private let settings: BackendSettings
    private let schema: SchemaUpkeep
    private let log: Log
    private let process = ProcessFigures()
    private let ping: DatabaseCheck<Void>
    private let counts: DatabaseCheck<Counts>
    /// What the last answers said of the database, and of the counts, "well" or why not: logged when it changes, not at
    /// each probe. Apart, as a locked table keeps one of them from an answer and not the other.
    private var lastPing: String?
    private var lastCounts: String? = "well"

    init(_ settings: BackendSettings, schema: SchemaUpkeep, log: Log) {
        self.settings = settings
        self.schema = schema
        self.log = log
        self.ping = DatabaseCheck(settings.database, "select 1") { $0.integer(0, 0) == 1 ? () : nil }
        self.counts = DatabaseCheck(settings.database, TableCount.sql(Tables.names)) { rows in
            guard let users = TableCount.read(rows, 0), let games = TableCount.read(rows, 1) else { return nil }
            return Counts(users: users, games: games)
        }
    }

    func addRoutes(to router: inout Router) {
        router.on("GET", "/health", .probe) { _ in await self.publicHealth() }
        router.on("GET", "/health/internal", [.probe, .unfiltered]) { _ in await self.internalHealth() }
        router.on("GET", "/health/live", [.probe, .unfiltered]) { _ in Self.live }
    }

    func close() {
        self.ping.close()
        self.counts.close()
    }

    // MARK: Answers

    /// Touches nothing but the loop.
    private static let live = HTTPResponse.json(["status": "pass"], contentType: Health.contentType)

    private static nonisolated let contentType = "application/health+json"

    private func internalHealth() async -> HTTPResponse {
        let began = Loop.now
        let trouble = await self.pingTrouble()
        var app = "ok"
        #if FAULT_INJECTION
            if self.isSick { app = "down" }
        #endif
        let isWell = trouble == nil && app == "ok"
        var query: [JSONValue.Member] = [
            .init("componentType", "datastore"), .init("status", Self.status(trouble == nil)),
            .init("observedValue", .number(began.duration(to: Loop.now).milliseconds)), .init("observedUnit", "ms"),
            .init("time", .string(utcNow())),
        ]
        if let trouble { query.append(.init("output", .string(trouble.reason))) }
        return self.answer(
            isWell: isWell,
            [
                .init("app", .string(app)), .init("db", Self.word(trouble == nil)),
                .init(
                    "checks",
                    [
                        "app:loop": [["componentType": "component", "status": Self.status(app == "ok")]],
                        "db:query": [.object(query)],
                    ]),
            ])
    }

    private func publicHealth() async -> HTTPResponse {
        var counts: Counts?
        var trouble: Trouble?
        if self.schema.isDone {
            switch await self.counts.outcome() {
            case .success(let value): counts = value
            case .failure(let error):
                trouble = Trouble(error)
                if error.sqlState == Self.undefinedTable { self.schema.tablesAreMissing() }
            }
            self.note(trouble, instead: &self.lastCounts, "rows are counted again", "rows can't be counted")
        } else {
            trouble = await self.pingTrouble()
        }
        var members: [JSONValue.Member] = [.init("app", "ok"), .init("db", Self.word(trouble == nil))]
        if let trouble { members.append(.init("reason", .string(trouble.reason))) }
        members += [
            .init("users", Self.json(counts?.users)), .init("games", Self.json(counts?.games)),
            .init("uptimeSeconds", .integer(self.process.uptimeSeconds)),
            .init("memoryBytes", self.process.memoryBytes.map { .integer($0) } ?? .null),
            .init(
                "webSocket",
                [
                    "connections": .integer(self.webSocket.connections),
                    "messages": .integer(self.webSocket.messages),
                ]),
            .init("environment", .string(self.settings.environment.rawValue)),
            .init("version", .string(backendVersion)),
            .init("commit", self.settings.commit.map { .string($0) } ?? .null),
        ]
        return self.answer(isWell: trouble == nil, members)
    }

    private func answer(isWell: Bool, _ members: [JSONValue.Member]) -> HTTPResponse {
        .json(
            .object([.init("status", Self.status(isWell))] + members), status: isWell ? 200 : 503,
            contentType: Self.contentType)
    }

    // MARK: The database

    /// SQLSTATE, PostgreSQL 15 manual, appendix A.
    private static nonisolated let undefinedTable = "42P01"

    /// What is wrong with the database; nil when it is well.
    private func pingTrouble() async -> Trouble? {
        let trouble: Trouble? =
            switch await self.ping.outcome() {
            case .failure(let error): Trouble(error)
            case .success: self.schema.isDone ? nil : .migrating
            }
        self.note(trouble, instead: &self.lastPing, "database is well", "database is down")
        return trouble
    }

    private func note(_ trouble: Trouble?, instead last: inout String?, _ well: String, _ ill: String) {
        let reason = trouble?.reason ?? "well"
        guard reason != last else { return }
        last = reason
        if let trouble {
            self.log.warning(ill, .init("reason", .string(trouble.detail)))
        } else {
            self.log.info(well)
        }
    }

    private static nonisolated func status(_ isWell: Bool) -> JSONValue { isWell ? "pass" : "fail" }

    private static nonisolated func word(_ isWell: Bool) -> JSONValue { isWell ? "ok" : "down" }

    private static nonisolated func json(_ count: TableCount?) -> JSONValue {
        guard let count else { return .null }
        return ["count": .integer(count.count), "estimated": .bool(count.isEstimated)]
    }
}
