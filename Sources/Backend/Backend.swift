import EventLoop
import Glibc
public import Postgres
public import Support
import Web

/// The backend as a whole: what `gammonguru serve` and `gammonguru migrate` do.
public enum Backend {
    /// Time beyond ``BackendSettings/shutdownLimit`` in which a stop has to be done, or the process is ended.
    private static let stopMargin = Duration.seconds(2)

    /// To be called before ``serve(_:log:)`` or ``migrate(_:log:)``, before there are other threads. SIGTERM and SIGINT
    /// have no effect from here on until one of them takes them.
    public static func prepareProcess() {
        Loop.block(signals: StopSignals.signals)
        // A peer that went away is an error of `write`, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        // The C library asks a silent name server again after 5 s, and we promise to be back within one.
        setenv("RES_OPTIONS", "timeout:1 attempts:2", 0)
        // Each connection is a descriptor; many shells start programs with 1024.
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = min(limit.rlim_max, 65536)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }

    /// Serves until SIGTERM or SIGINT and returns the exit status: 0 after a clean stop, 1 when the port can't be had.
    @Loop public static func serve(_ settings: BackendSettings, log: Log) async -> Int32 {
        let stop = Promise<Void>()
        StopSignals.watch(log: log, stopLimit: settings.shutdownLimit + Self.stopMargin) { stop.fulfil(()) }
        Heartbeat.watch(log: log, limit: settings.stallLimit)
        let schema = SchemaUpkeep(settings.database, log: log)
        let health = Health(settings, schema: schema, log: log)
        let pool = PostgresPool(settings.database)
        let accounts = Accounts(settings, pool, log: log)
        let limits = RateLimits(
            proxies: settings.trustedProxies, account: { accounts.authenticator.recognise($0) })
        let games = Games(settings.database, pool, log: log)
        // A refusal of the limits is to be read by pages of other origins, too.
        var router = Router(filters: [SecurityHeaders.filter, settings.crossOrigin.filter, limits.filter])
        Self.addRoutes(to: &router, settings, pool, health, accounts, games, log: log)
        #if FAULT_INJECTION
            let faults = FaultSwitches(health)
            faults.addRoutes(to: &router)
        #endif
        let server: HTTPServer
        do {
            server = try HTTPServer(port: settings.port, limits: Self.limits, log: log, router: router)
        } catch {
            log.error("\(error)")
            return 1
        }
        #if FAULT_INJECTION
            faults.server = server
        #endif
        log.info(
            "Server listening on :\(server.port)", .init("version", .string(backendVersion)),
            .init("environment", .string(settings.environment.rawValue)))
        let upkeep = Task { await schema.run() }
        let listening = Task { await games.run() }
        await stop.value()
        upkeep.cancel()
        await server.stop(within: settings.shutdownLimit)
        listening.cancel()
        accounts.close()
        pool.close()
        health.close()
        log.info("stopped")
        return 0
    }

    private static var limits: HTTPServer.Limits {
        var limits = HTTPServer.Limits()
        #if FAULT_INJECTION
            // A hanging program does not answer at all, not even that it does not answer.
            limits.answer = .seconds(86400)
        #else
            limits.answer = .seconds(10)
        #endif
        return limits
    }

    /// Brings the schema up to date and returns the exit status: 0, or 1 when that was not possible. SIGTERM and SIGINT
    /// end the process with 1; the server undoes the step that was not done.
    @Loop public static func migrate(_ database: PostgresConfiguration, log: Log) async -> Int32 {
        StopSignals.watch(log: log, stopLimit: Self.stopMargin) { exit(1) }
        do {
            let applied = try await Migrator(database, Schema.migrations).run()
            log.info("schema is up to date", .init("applied", .array(applied.map { .integer($0) })))
            return 0
        } catch {
            log.error("schema can't be brought up to date", .init("reason", .string("\(error)")))
            return 1
        }
    }
}
