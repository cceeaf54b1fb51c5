import EventLoop
import Support
import Web

/// The queue over HTTP: `docs/protocol.md`, "`POST /api/queue`".
@Loop
final class QueueRoutes {
    private let queue: Queue
    private let authenticator: Authenticator
    private let log: Log

    init(_ queue: Queue, _ authenticator: Authenticator, log: Log) {
        self.queue = queue
        self.authenticator = authenticator
        self.log = log
    }

    func addRoutes(to router: inout Router) {
        router.on("POST", "/api/queue", log: self.log, self.enter)
        router.on("GET", "/api/queue", log: self.log, self.show)
        router.on("DELETE", "/api/queue", log: self.log, self.leave)
    }

    private func enter(_ request: HTTPRequest) async throws -> HTTPResponse {
        let player = try await self.authenticator.account(request)
        let terms = try request.json(Wishes.self).terms()
        guard !terms.rules.jacoby, !terms.rules.beavers else {
            throw HTTPProblem.invalidField(terms.rules.jacoby ? "jacoby" : "beavers", "can't be asked for in the queue")
        }
        return Self.answer(try await self.queue.enter(terms, by: player))
    }

    private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
        Self.answer(try await self.queue.place(of: try await self.authenticator.account(request)))
    }

    private func leave(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await self.queue.leave(try await self.authenticator.account(request))
        return HTTPResponse(status: 204)
    }

    private static nonisolated func answer(_ place: Queue.Place?) -> HTTPResponse {
        guard let place else { return .json(["status": "idle", "game": .null]) }
        let clock: JSONValue =
            place.terms.clock.map {
                ["reserveSeconds": .integer($0.reserveSeconds), "delaySeconds": .integer($0.delaySeconds)]
            } ?? .null
        return .json([
            "status": place.game == nil ? "waiting" : "matched",
            "matchLength": .integer(place.terms.rules.length), "clock": clock,
            "game": place.game.map { .string(String($0)) } ?? .null, "since": .moment(place.since),
            "until": place.game == nil ? .moment(place.until) : .null,
        ])
    }
}
