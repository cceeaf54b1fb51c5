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
            ("name: [", "render.yaml:6:"),
        ])
    func refused(lines: String, words: String) throws {
        let error = try #require(throws: RenderError.self) { try self.service(lines) }
        #expect(error.code == .blueprint && error.message.hasPrefix(words), "\(error)")
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
