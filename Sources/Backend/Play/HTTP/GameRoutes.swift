import Backgammon
import EventLoop
import Postgres
import Support
import Web

/// Games over HTTP: `docs/protocol.md`, "HTTP".
@Loop
final class GameRoutes {
    private let games: Games
    private let authenticator: Authenticator
    private let log: Log

    init(_ games: Games, _ authenticator: Authenticator, log: Log) {
        self.games = games
        self.authenticator = authenticator
        self.log = log
    }

    func addRoutes(to router: inout Router) {
        let routes: [(String, String, @Loop (HTTPRequest) async throws -> HTTPResponse)] = [
            ("POST", "/api/games", self.create), ("GET", "/api/games", self.list),
            ("GET", "/api/games/{id}", self.show), ("DELETE", "/api/games/{id}", self.takeBack),
            ("POST", "/api/games/{id}/join", self.join), ("POST", "/api/games/{id}/resign", self.resign),
            ("GET", "/api/games/{id}/plays", self.plays), ("GET", "/api/games/{id}/history", self.history),
            ("GET", "/api/games/{id}/match.mat", self.mat),
        ]
        for (method, path, handler) in routes { router.on(method, path, log: self.log, handler) }
    }

    // MARK: Changing

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let player = try await self.authenticator.account(request)
        let wishes = try request.json(Wishes.self)
        if let id = wishes.clientId { try Self.checkClientID(id) }
        let game = try await self.games.create(try wishes.terms(), by: player, clientID: wishes.clientId)
        var response = HTTPResponse.json(self.games.state(of: game), status: 201)
        response.headers.append(.init("Location", "/api/games/\(game.id)"))
        return response
    }

    private func join(_ request: HTTPRequest) async throws -> HTTPResponse {
        let player = try await self.authenticator.account(request)
        return .json(self.games.state(of: try await self.games.join(try Self.id(request), by: player)))
    }

    private struct Resignation: Decodable {
        let clientId: String
    }

    private func resign(_ request: HTTPRequest) async throws -> HTTPResponse {
        let player = try await self.authenticator.account(request)
        let clientID = try request.json(Resignation.self).clientId
        try Self.checkClientID(clientID)
        let id = try Self.id(request)
        _ = try await self.games.carryOut(
            Order(game: id, player: player, id: clientID, command: .resignMatch, seq: nil))
        return .json(self.games.state(of: try await self.games.game(id)))
    }

    private func takeBack(_ request: HTTPRequest) async throws -> HTTPResponse {
        let player = try await self.authenticator.account(request)
        try await self.games.takeBack(try Self.id(request), by: player)
        return HTTPResponse(status: 204)
    }

    // MARK: Asking

    private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
        .json(self.games.state(of: try await self.game(request)))
    }

    private func plays(_ request: HTTPRequest) async throws -> HTTPResponse {
        .json(.object(try await self.game(request).plays))
    }

    /// The newest first, by id: a game that is made while somebody turns pages moves nothing from one page to another.
    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try request.limit(1...100, standard: 20)
        let before = try request.cursor { Int($0) } ?? .max
        var condition = try Self.condition(status: request.query["status"])
        var parameters: [PostgresParameter] = [.integer(before), .integer(limit + 1)]
        if let player = try await self.player(request) {
            condition += " and (g.white_id = $3 or g.black_id = $3)"
            parameters.append(.integer(player))
        }
        let games = try await self.games.find("\(condition) and g.id < $1 order by g.id desc limit $2", parameters)
        let page = games.prefix(limit)
        let next: JSONValue = games.count > limit ? page.last.map { .string(String($0.id)) } ?? .null : .null
        return .json(["games": .array(page.map(\.summary)), "next": next])
    }

    private func history(_ request: HTTPRequest) async throws -> HTTPResponse {
        // No game has so many events; what is beyond is a mistake, or somebody who looks for one of ours.
        let after = try request.number("after", 0...1_000_000_000, standard: 0)
        let limit = try request.limit(1...500, standard: 100)
        let game = try await self.game(request)
        let events = try await self.games.events(of: game.id, after: after, limit: limit)
        let last = after + events.count
        let next = events.isEmpty || last >= game.seq ? "null" : String(last)
        // Events are kept as the JSON that they are sent as.
        let text = "{\"events\":[\(events.joined(separator: ","))],\"next\":\(next)}\n"
        return HTTPResponse(status: 200, headers: [.init("Content-Type", "application/json")], body: Array(text.utf8))
    }

    private func mat(_ request: HTTPRequest) async throws -> HTTPResponse {
        let game = try await self.game(request)
        guard let black = game.black, game.record != nil else { throw HTTPProblem.notStarted }
        var record = MatchRecord(game.terms.rules)
        var seq = 0
        while seq < game.seq {
            let events = try await self.games.events(of: game.id, after: seq, limit: 500)
            if events.isEmpty { break }
            for event in events { try record.append(StoredEvent(parsing: event)) }
            seq += events.count
        }
        return HTTPResponse(
            status: 200,
            headers: [
                .init("Content-Type", "text/plain; charset=utf-8"),
                .init("Content-Disposition", "attachment; filename=\"gammonguru-\(game.id).mat\""),
            ], body: Array(record.mat(white: game.white.name, black: black.name).utf8))
    }

    // MARK: Parts

    private func game(_ request: HTTPRequest) async throws -> Game {
        try await self.games.game(try Self.id(request))
    }

    private static nonisolated func id(_ request: HTTPRequest) throws(HTTPProblem) -> Int {
        guard let id = request.parameters["id"].flatMap({ Int($0) }), id > 0 else { throw .noSuchGame }
        return id
    }

    private static nonisolated func checkClientID(_ id: String) throws(HTTPProblem) {
        guard Order.isClientID(id) else {
            throw .invalidField("clientId", "has to be 1 to 64 letters, digits, - or _ without accents")
        }
    }

    private static nonisolated func condition(status: String?) throws(HTTPProblem) -> String {
        switch status {
        case nil: "true"
        case "waiting": "g.black_id is null and g.finished_at is null"
        case "playing": "g.black_id is not null and g.finished_at is null"
        case "finished": "g.finished_at is not null"
        default: throw .invalidParameter("status", "has to be waiting, playing or finished")
        }
    }

    /// The query's `player`.
    private func player(_ request: HTTPRequest) async throws -> Int? {
        guard let text = request.query["player"] else { return nil }
        if text == "me" { return try await self.authenticator.account(request).id }
        guard let id = Int(text), id > 0 else {
            throw HTTPProblem.invalidParameter("player", "has to be the id of a user, or me")
        }
        return id
    }
}
