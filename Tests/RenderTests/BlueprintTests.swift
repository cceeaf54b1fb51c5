import FoundationEssentials
import Testing

@testable import Render

@Suite("render.yaml")
struct BlueprintTests {
    private static let head = """
        services:
          - type: web
            name: site
            runtime: docker

        """

    private func service(_ lines: String, _ rest: String = "") throws -> Blueprint.Service {
        let body = lines.split(separator: "\n").map { "    \($0)\n" }.joined()
        return try Blueprint(Self.head + body + rest, file: "render.yaml").service(nil)
    }

    @Test("what is not written is what Render takes by default")
    func defaults() throws {
        let service = try self.service("")
        #expect(service.dockerfile == "./Dockerfile" && service.context == "." && service.healthCheckPath == nil)
        #expect(service.plan.name == "starter" && service.plan.megabytes == 512 && service.plan.cpus == 0.5)
        #expect(service.shutdownDelay == .seconds(30) && service.host == "site.onrender.com")
        #expect(service.variables.isEmpty && service.notes.isEmpty)
    }

    @Test("path, plan, delay, domain and every kind of variable are read")
    func everything() throws {
        let service = try self.service(
            """
            healthCheckPath: /health
            plan: pro plus
            maxShutdownDelaySeconds: 120
            domains: [play.example.com]
            envVars:
              - {key: A, value: "1"}
              - {key: B, generateValue: true}
              - {key: C, sync: false}
              - {key: D, fromDatabase: {name: data, property: connectionString}}
            """, "databases:\n  - {name: data, databaseName: d, user: u, postgresMajorVersion: \"15\"}\n")
        #expect(service.healthCheckPath == "/health" && service.plan.megabytes == 8_192)
        #expect(service.shutdownDelay == .seconds(120) && service.host == "play.example.com")
        #expect(
            service.variables.map(\.source) == [
                .value("1"), .generated, .asked, .database(name: "data", property: "connectionString"),
            ])
    }

    @Test("what is not rehearsed is named with its line, PORT too")
    func notes() throws {
        let service = try self.service(
            """
            preDeployCommand: ./migrate
            envVars:
              - {fromGroup: shared}
              - {key: PORT, value: 3000}
            """)
        #expect(service.notes.count == 3)
        #expect(service.notes.contains { $0.hasPrefix("render.yaml:5: preDeployCommand") })
        #expect(service.notes.contains { $0.hasPrefix("render.yaml:7: ") })
        #expect(service.notes.contains { $0.contains("PORT to 3000") })
    }

    @Test(
        "what can't be meant is refused with file and line",
        arguments: [
            ("plan: huge", "render.yaml:5: there is no plan \"huge\""),
            ("maxShutdownDelaySeconds: 301", "render.yaml:5: maxShutdownDelaySeconds"),
            ("healthCheckPath: health", "render.yaml:5: healthCheckPath"),
            ("envVars:\n  - {key: A}", "render.yaml:6: A has no value"),
            ("envVars:\n  - {key: A, fromDatabase: {name: x, property: host}}", "render.yaml:6: A comes from"),
            ("name: [", "render.yaml:6:"), ("name: other", "render.yaml:5: name of site stands there twice"),
            ("envVars: {A: 1}", "render.yaml:5: envVars is no list"),
            ("envVars: [A]", "render.yaml:5: an environment variable has no key"),
            ("envVars:\n  - {key: \"A=B\", value: x}", "render.yaml:6: the key"),
            ("envVars:\n  - {key: A, value: }", "render.yaml:6: A has no value"),
            ("envVars:\n  - {key: A, value: [1]}", "render.yaml:6: the value of A"),
            ("envVars:\n  - {key: A, value: \"x\\0y\"}", "render.yaml:6: the value of A"),
            ("domains: [\"a\\r\\nX: y\"]", "render.yaml:5: this is no domain"),
        ])
    func refused(lines: String, words: String) throws {
        let error = try #require(throws: RenderError.self) { try self.service(lines) }
        #expect(error.code == .blueprint && error.message.hasPrefix(words), "\(error)")
    }

    @Test(
        "a file that is no blueprint is refused with what is wrong with it",
        arguments: [
            ("", "r:1: this is no blueprint"), ("hello", "r:1: this is no blueprint"),
            ("- a", "r:1: this is no blueprint"),
            ("services: {a: b}", "r:1: services is no list"), ("services: [web]", "r:1: a service has no type"),
            ("services:\n  - {type: web, name: \"a\\r\\nX: y\", env: docker}", "r:2: the name"),
            ("databases: [{name: d, databaseName: \"x y/?\"}]", "r:1: databaseName"),
            ("databases: [{name: d, user: \"x@y\"}]", "r:1: user"),
        ])
    func noBlueprint(text: String, words: String) throws {
        let error = try #require(throws: RenderError.self) { try Blueprint(text, file: "r") }
        #expect(error.code == .blueprint && error.message.hasPrefix(words), "\(error)")
    }

    @Test("a service with two databases is refused, as one is rehearsed")
    func twoDatabases() throws {
        let variables = ["d", "e"].map { "{key: \($0), fromDatabase: {name: \($0), property: host}}" }
        let error = try #require(throws: RenderError.self) {
            try self.service(
                "envVars: [\(variables.joined(separator: ", "))]", "databases: [{name: d}, {name: e}]\n")
        }
        #expect(error.message.contains("second database, e"), "\(error)")
    }

    @Test("services and databases of projects' environments, and those without one, are found")
    func scopes() throws {
        let text = """
            ungrouped: {databases: [{name: d}]}
            projects:
              - name: p
                environments:
                  - name: production
                    services:
                      - type: web
                        name: a
                        runtime: docker
                        envVars: [{key: U, fromDatabase: {name: d, property: user}}]
            """
        #expect(try Blueprint(text, file: "r").service(nil).variables.map(\.key) == ["U"])
    }

    @Test("a name with other characters than a host may have gives the host that Render would make of it")
    func hostOfName() throws {
        let text = "services:\n  - {type: web, name: My Site_2, env: docker}\n"
        #expect(try Blueprint(text, file: "r").service(nil).host == "my-site-2.onrender.com")
    }

    @Test(
        "the product's own blueprint says what the contract says, and leaves nothing out of the rehearsal but its port")
    func own() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = try #require(FileManager.default.contents(atPath: "/\(path)/render.yaml"))
        let blueprint = try Blueprint(String(decoding: bytes, as: UTF8.self), file: "render.yaml")
        let service = try blueprint.service("gurugammon")
        #expect(service.healthCheckPath == "/health" && service.dockerfile == "./Dockerfile" && service.context == ".")
        #expect(service.notes.count == 1 && service.notes.first?.contains("PORT to 3000") == true)
        let keys = Set(service.variables.map(\.key))
        #expect(
            keys.isSuperset(of: [
                "NODE_ENV", "PORT", "DATABASE_URL", "ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET", "SUPABASE_URL",
                "SUPABASE_SERVICE_KEY",
            ]))
        for variable in service.variables where variable.key.contains("SECRET") || variable.key.contains("SUPABASE") {
            #expect(variable.source == .generated || variable.source == .asked, "\(variable.key)")
        }
        #expect(blueprint.databases.map(\.majorVersion) == ["15"])
    }

    @Test("a runtime that is not built from a Dockerfile is refused, and so is a file without a web service")
    func otherServices() throws {
        let node = "services:\n  - {type: web, name: a, runtime: node}\n"
        let error = try #require(throws: RenderError.self) { try Blueprint(node, file: "r") }
        #expect(error.message.hasPrefix("r:2: a has runtime node"))
        #expect(throws: RenderError.self) { try Blueprint("services: []", file: "r").service(nil) }
    }

    @Test("of several web services one must be named")
    func several() throws {
        let text = "services:\n  - {type: web, name: a, env: docker}\n  - {type: web, name: b, env: docker}\n"
        let blueprint = try Blueprint(text, file: "r")
        #expect(try blueprint.service("b").name == "b")
        #expect(try #require(throws: RenderError.self) { try blueprint.service(nil) }.message.contains("a, b"))
        #expect(try #require(throws: RenderError.self) { try blueprint.service("c") }.message.contains("\"c\""))
    }

    @Test("the rehearsal's secrets are made anew each time, and the database's URL is that of the rehearsal")
    func variables() throws {
        let text =
            Self.head + """
                    envVars:
                      - {key: SECRET, generateValue: true}
                      - {key: SUPABASE_URL, sync: false}
                      - {key: DATABASE_URL, fromDatabase: {name: my-data, property: connectionString}}
                      - {key: PORT, value: 3000}
                databases:
                  - name: my-data
                """
        let blueprint = try Blueprint(text, file: "r")
        let one = RehearsalVariables(try blueprint.service(nil), databases: blueprint.databases)
        let two = RehearsalVariables(try blueprint.service(nil), databases: blueprint.databases)
        #expect(one.service["SECRET"]?.count == 44 && one.service["SECRET"] != two.service["SECRET"])
        #expect(one.service["SUPABASE_URL"] == "https://rehearsal.invalid")
        #expect(one.service["PORT"] == "10000" && one.service["RENDER"] == "true")
        let password = try #require(one.databaseVariables["POSTGRES_PASSWORD"])
        #expect(one.service["DATABASE_URL"] == "postgresql://my_data:\(password)@db:5432/my_data")
        #expect(password.count == 40 && password != two.databaseVariables["POSTGRES_PASSWORD"])
        #expect(one.database?.majorVersion == "15")
    }
}
