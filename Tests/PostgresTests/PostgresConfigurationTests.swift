import Testing

@testable import Postgres

@Suite("The configuration of PostgreSQL")
struct PostgresConfigurationTests {
    @Test("is read from a URL, escapes included")
    func url() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://me:p%40ss%2Fword@db:5433/games?sslmode=require&connect_timeout=3")
        #expect(
            configuration.parameters == [
                "user": "me", "password": "p@ss/word", "host": "db", "port": "5433", "dbname": "games",
                "sslmode": "require", "connect_timeout": "3",
            ])
        #expect(configuration.endpoints.map { "\($0.host):\($0.port)" } == ["db:5433"])
    }

    @Test(
        "refuses what is no URL, without quoting it",
        arguments: [
            "", "db", "host=db password=hidden", "mysql://me:hidden@db/games", "postgresql://me:hidden@db:port/games",
            "postgresql://me:hidden@db/games?no-such-option=1", "postgresql://me:hidden@[::1/games",
            "postgresql:///games", "postgresql://me:half@hidden@db/games", "postgresql://me:half@@hidden@db/games",
            "postgresql://me:half@/hidden@db/games?host=/run@hidden", "postgresql://me:a@db,,other/games",
            "postgresql://me:a@db/games?sslmode=hidden", "postgresql://me:a@db/games?target_session_attrs=hidden",
            "postgresql://me:a@db/games?channel_binding=hidden", "postgresql://me:a@h#hidden/games",
        ])
    func malformed(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.code == .malformedConfiguration)
        #expect(error?.description.contains("hidden") == false)
    }

    @Test("looks up each host of several, and none that is a socket's folder or has an address already")
    func endpoints() throws {
        func endpoints(_ url: String) throws -> [String] {
            try PostgresConfiguration(url: url).endpoints.map { "\($0.host):\($0.port)" }
        }
        #expect(try endpoints("postgresql://a,b/g") == ["a:5432", "b:5432"])
        #expect(try endpoints("postgresql://a:1,b:2/g") == ["a:1", "b:2"])
        #expect(try endpoints("postgresql://a:1,b/g") == ["a:1", "b:5432"])
        #expect(try endpoints("postgresql://a,b:2/g") == ["a:5432", "b:2"])
        #expect(try endpoints("postgresql://a,b/g?port=7") == ["a:7", "b:7"])
        #expect(try endpoints("postgresql://[::1]:7,db-1.example_x/g") == ["::1:7", "db-1.example_x:5432"])
        #expect(try endpoints("postgresql://%2Frun%2Fpostgresql/g") == [])
        #expect(try endpoints("postgresql://a/g?hostaddr=10.0.0.1") == [])
    }

    @Test("adds the limit of statements to options that are there")
    func statementLimit() throws {
        let configuration = try PostgresConfiguration(url: "postgresql://db/g?options=-c%20geqo%3Doff")
            .limitingStatements(to: .milliseconds(1500))
        #expect(configuration.parameters["options"] == "-c geqo=off -c statement_timeout=1500")
    }

    @Test("keeps the password out of messages")
    func scrubbing() throws {
        let configuration = PostgresConfiguration(host: "db", user: "me", password: "hidden", database: "g")
        #expect(configuration.scrubbed("no\nhidden\nlines hidden") == "no; ***; lines ***")
    }
}
