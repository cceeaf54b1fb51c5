import Glibc
import ServiceTestKit
import Testing

@testable import Backend

@Suite("The command gammonguru")
struct CommandTests {
    @Test("lists what is wrong with its settings, one line each, without values, and ends with 78")
    func settings() async throws {
        for command in [[], ["serve"]] {
            let result = try await BackendProcess.run(
                command, environment: ["PORT": "value-1", "SUPABASE_URL": "value-1", "ACCESS_TOKEN_SECRET": "value-1"])
            #expect(result.status == 78)
            #expect(
                result.text == """
                    PORT is not a whole number from 1 to 65535
                    DATABASE_URL is missing (or PGHOST, PGUSER, PGPASSWORD, PGDATABASE in its place)
                    REFRESH_TOKEN_SECRET is missing
                    SUPABASE_URL is not an http:// or https:// URL
                    SUPABASE_SERVICE_KEY is missing

                    """)
        }
        let migrate = try await BackendProcess.run(["migrate"])
        #expect(migrate.status == 78)
        #expect(migrate.text.hasPrefix("DATABASE_URL is missing"))
    }

    @Test(
        "knows its commands, and no others",
        arguments: [
            (["version"], Int32(0), "gammonguru \(backendVersion)"), (["--help"], 0, "usage: gammonguru [COMMAND]"),
            (["help"], 0, "healthcheck"), (["frobnicate"], 2, "there is no command frobnicate"),
            (["serve", "now"], 2, "one command at a time"),
        ])
    func commands(arguments: [String], status: Int32, text: String) async throws {
        let result = try await BackendProcess.run(arguments)
        #expect(result.status == status)
        #expect(result.text.contains(text))
    }

    @Test("healthcheck fails when nobody listens, and needs no settings but the port")
    func healthcheck() async throws {
        let port = try RawClient.freePort()
        let result = try await BackendProcess.run(["healthcheck"], environment: ["PORT": "\(port)"])
        #expect(result.status == 1)
        #expect(result.text == "no connection to port \(port): Connection refused\n")
        let malformed = try await BackendProcess.run(["healthcheck"], environment: ["PORT": "x"])
        #expect(malformed.status == 1)
        #expect(malformed.text == "PORT is not a whole number from 1 to 65535\n")
    }

    @Test("migrate says why it can't, without the password, and ends with 1")
    func migrateFails() async throws {
        let url = "postgresql://me:hidden-word@127.0.0.1:\(try RawClient.freePort())/g"
        let result = try await BackendProcess.run(["migrate"], environment: ["DATABASE_URL": url])
        #expect(result.status == 1)
        #expect(result.text.contains("connection refused"))
        #expect(!result.text.contains("hidden-word"))
    }

    @Test("migrate ends at once with 1 when it is told to stop, though the database is frozen")
    func migrateStops() async throws {
        let server = try await PostgresServer.make()
        server.freeze()
        let child = try ChildProcess(
            BackendProcess.program, ["migrate"], environment: ["DATABASE_URL": server.url()])
        // The thread that takes the signal is there.
        #expect(try await eventually(within: .seconds(5)) { try child.threads().count == 2 })
        child.kill(SIGTERM)
        #expect(try await onThread { child.waitForExit(within: .seconds(1)) } == 1)
        #expect(child.text.contains("\"msg\":\"stopping\",\"signal\":\"SIGTERM\""))
        server.thaw()
    }

    @Test("two migrations at once both succeed, and each step is applied once")
    func migrateTogether() async throws {
        let server = try await PostgresServer.make()
        let environment = ["DATABASE_URL": server.url()]
        let versions = Schema.migrations.map { String($0.version) }.joined(separator: ",")
        let runs = (0..<3).map { _ in Task { try await BackendProcess.run(["migrate"], environment: environment) } }
        var applied = 0
        for run in runs {
            let result = try await run.value
            #expect(result.status == 0)
            #expect(result.text.contains("schema is up to date"))
            if result.text.contains("\"applied\":[\(versions)]") { applied += 1 }
        }
        #expect(applied == 1)
        let count = try await onThread { try server.sql("select count(*) from schema_migrations") }
        #expect(count == String(Schema.migrations.count))
    }

    @Test("ends with 1 when its port is taken")
    func portTaken() async throws {
        let backend = try BackendProcess.start("postgresql://a:b@127.0.0.1:1/c")
        #expect(try await backend.becomes(200, "/health/live", within: .seconds(10)))
        let result = try await BackendProcess.run(
            [], environment: BackendProcess.environment("postgresql://a:b@127.0.0.1:1/c", port: backend.port))
        #expect(result.status == 1)
        #expect(result.text.contains("cannot listen on port \(backend.port): Address already in use"))
    }
}
