import EventLoop
import Postgres
import Support
import Web

extension Backend {
    /// Adds all that is served. `openapi.json` describes it, the page excepted.
    @Loop static func addRoutes(
        to router: inout Router, _ settings: BackendSettings, _ pool: PostgresPool, _ health: Health,
        _ accounts: Accounts, _ games: Games, log: Log
    ) {
        let authenticator = accounts.authenticator
        health.addRoutes(to: &router)
        accounts.addRoutes(to: &router)
        GameRoutes(games, authenticator, log: log).addRoutes(to: &router)
        QueueRoutes(Queue(pool, games), authenticator, log: log).addRoutes(to: &router)
        Leaderboard(pool, log: log).addRoutes(to: &router)
        OpenAPI.addRoutes(to: &router)
        var sockets = WebSocketOptions()
        sockets.origins = settings.crossOrigin.origins
        sockets.subprotocols = ["gammonguru.v1"]
        sockets.figures = health.webSocket
        PlaySession.addRoute(to: &router, sockets, games, authenticator, log: log)
        Page.addRoutes(to: &router)
    }
}
