import Backend
import EventLoop
import Glibc
import Support

/// Exit statuses; `sysexits.h` has the last one (EX_CONFIG).
private enum Status {
    static let well: Int32 = 0
    static let notWell: Int32 = 1
    static let usage: Int32 = 2
    static let settings: Int32 = 78
}

private let help = """
    gammonguru: backgammon over HTTP, on PostgreSQL

    usage: gammonguru [COMMAND]

      serve         serves until SIGTERM (the default)
      migrate       brings the database's schema up to date and ends
      pending       prints the SQL that migrate would run, and changes nothing
      healthcheck   asks the server on this machine's PORT whether it is well
      version       says which version this is

    Settings come from the environment:
      NODE_ENV               development (default), test or production
      PORT                   1 to 65535, default 3000
      DATABASE_URL           postgresql://user:password@host:port/database
                             or PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE
      ACCESS_TOKEN_SECRET    required; 32 bytes or more in production
      REFRESH_TOKEN_SECRET   required; another one
      SUPABASE_URL           required
      SUPABASE_SERVICE_KEY   required
      SUPABASE_JWT_SECRET    optional: access tokens that the project signed with it (HS256) are taken, too
      CORS_ORIGINS           optional: https://example.org, http://localhost:5173: whose pages may use the API, too
      TRUSTED_PROXIES        optional: 10.0.0.0/8, ::1: whose X-Forwarded-For is believed, for the rate limits
      SHUTDOWN_SECONDS       1 to 60, default 5: how long a stop waits for requests in progress
      STALL_SECONDS          1 to 3600, default 10: how long the event loop may be stuck before the process ends
      GIT_COMMIT             optional: what /health answers as its commit

    Exit status: 0 well, 1 not well, 2 wrong usage, 78 wrong settings.

    Examples:
      gammonguru
      PORT=3001 gammonguru healthcheck

    """

private func complain(_ text: String) {
    let line = text + "\n"
    write(STDERR_FILENO, line, line.utf8.count)
}

private func run(_ arguments: [String]) -> Int32 {
    guard arguments.count <= 1 else {
        complain("gammonguru: one command at a time; see gammonguru --help")
        return Status.usage
    }
    do throws(SettingsFaults) {
        switch arguments.first ?? "serve" {
        case "serve":
            Backend.prepareProcess()
            let settings = try BackendSettings(environment: processEnvironment())
            return Loop.run { await Backend.serve(settings, log: .standard) }
        case "migrate":
            Backend.prepareProcess()
            let database = try BackendSettings.database(environment: processEnvironment())
            return Loop.run { await Backend.migrate(database, log: .standard) }
        case "pending":
            let database = try BackendSettings.database(environment: processEnvironment())
            return Loop.run { await Backend.printPending(database) }
        case "healthcheck":
            return healthcheck()
        case "version", "--version":
            print("gammonguru \(backendVersion)")
        case "help", "--help", "-h":
            print(help, terminator: "")
        case let unknown:
            complain("gammonguru: there is no command \(unknown); see gammonguru --help")
            return Status.usage
        }
        return Status.well
    } catch {
        complain(error.description)
        return Status.settings
    }
}

private func healthcheck() -> Int32 {
    do throws(SettingsFaults) {
        let outcome = Healthcheck.run(port: try BackendSettings.port(environment: processEnvironment()))
        print(outcome.text)
        return outcome.status
    } catch {
        // Docker knows no other status than 0 and 1.
        complain(error.description)
        return Status.notWell
    }
}

exit(run(Array(CommandLine.arguments.dropFirst())))
