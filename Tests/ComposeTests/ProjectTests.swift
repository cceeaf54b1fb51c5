import Compose
import EventLoop
import Glibc
import ServiceTestKit
import Support
import Testing

@Suite("A Compose project", .timeLimit(.minutes(1)))
struct ProjectTests {
    private let testFolder = TestFolder()
    private var folder: String { self.testFolder.path }

    init() { Loop.startThread() }

    private func write(_ name: String, _ text: String) -> String {
        let path = "\(self.folder)/\(name)"
        guard let file = fopen(path, "we") else { return path }
        fputs(text, file)
        fclose(file)
        return path
    }

    @Loop private func project(
        _ yaml: String, name: String? = nil, environment: [String: String]? = nil
    ) async throws(ComposeError) -> Project {
        let file = self.write("compose.yml", yaml)
        return try await ComposeCLI(files: ComposeFiles(file), projectName: name, environment: environment).project(
            within: .seconds(20))
    }

    @Loop private func error(_ yaml: String, environment: [String: String]? = nil) async -> ComposeError? {
        do throws(ComposeError) {
            _ = try await self.project(yaml, environment: environment)
            return nil
        } catch { return error }
    }

    @Test("is read with variables standing as they are written")
    @Loop func whole() async throws {
        _ = self.write(".env", "TOKEN=secret\n")
        let project = try await self.project(
            """
            name: demo
            services:
              db:
                image: postgres:15
                environment: { POSTGRES_PASSWORD: "${PASSWORD:?needed}" }
                healthcheck:
                  test: ["CMD-SHELL", "pg_isready"]
                  interval: 5s
                  timeout: 1m30s
                  start_period: 1500ms
                  retries: 5
                stop_grace_period: 1m
                stop_signal: SIGINT
              app:
                build: .
                restart: always
                env_file: .env
                ports: ["127.0.0.1:${X:-3000}:3000"]
                depends_on: { db: { condition: service_healthy, restart: true } }
                healthcheck: { test: "curl localhost:3000", retries: "${R:-4}" }
                labels: { selfheal.grace: 5s, n: 3 }
                stop_grace_period: ${G:-10s}
              job:
                image: "${IMAGE:-busybox}"
                depends_on: [db]
                healthcheck: { disable: true }
                labels: ["a=b=c", "d"]
            """)
        #expect(project.name == "demo")
        #expect(
            project.services["db"]
                == Service(
                    image: "postgres:15",
                    healthcheck: Service.Check(
                        test: ["CMD-SHELL", "pg_isready"], interval: .seconds(5), timeout: .seconds(90),
                        startPeriod: .milliseconds(1_500), retries: 5),
                    stopGracePeriod: .seconds(60), stopSignal: "SIGINT"))
        #expect(
            project.services["app"]
                == Service(
                    dependsOn: ["db": Dependency(condition: .healthy, restartsWithIt: true)], hasBuild: true,
                    healthcheck: Service.Check(test: ["CMD-SHELL", "curl localhost:3000"]), restart: "always",
                    labels: ["selfheal.grace": "5s", "n": "3"]))
        #expect(
            project.services["job"]
                == Service(
                    dependsOn: ["db": Dependency(condition: .started)], image: "${IMAGE:-busybox}",
                    labels: ["a": "b=c", "d": ""]))
    }

    @Test(
        "is in the files that .env names, as Compose reads it",
        arguments: [
            ("COMPOSE_FILE=base.yml:over.yml", ["base.yml", "over.yml"]),
            ("\nexport COMPOSE_FILE = base.yml # the base\r\nX=1\r\n", ["base.yml"]),
            ("COMPOSE_FILE='a b.yml'\nNOT_COMPOSE_FILE=b.yml", ["a b.yml"]),
            (
                "COMPOSE_FILE=a.yml\n  COMPOSE_FILE=\"b#1.yml\" # last\n#COMPOSE_FILE=c.yml\n# COMPOSE_FILE=d.yml",
                ["b#1.yml"]
            ),
            ("COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=a:1.yml;b#2.yml", ["a:1.yml", "b#2.yml"]),
            ("COMPOSE_FILE=", ["docker-compose.dev.yml"]), ("COMPOSE_FILE=\"", ["docker-compose.dev.yml"]),
            ("nonsense\n=\n\0", ["docker-compose.dev.yml"]),
        ])
    func dotEnv(text: String, names: [String]) {
        _ = self.write("docker-compose.dev.yml", "services: {}")
        _ = self.write(".env", text)
        #expect(ComposeFiles.inUse(in: self.folder).paths == names.map { "\(self.folder)/\($0)" })
        let said = ["COMPOSE_FILE": "/c.yml"]
        #expect(ComposeFiles.inUse(said, in: self.folder).paths == ["/c.yml"])
    }

    @Test("is in its usual files where .env can't be read")
    func noDotEnv() {
        mkdir("\(self.folder)/.env", 0o700)
        #expect(ComposeFiles.inUse(in: self.folder).paths == ["\(self.folder)/docker-compose.dev.yml"])
    }

    @Test("has the name that it is given, or that the environment says")
    @Loop func names() async throws {
        let yaml = "services: { a: { image: b } }"
        #expect(try await self.project(yaml, name: "given").name == "given")
        var environment = processEnvironment()
        environment["COMPOSE_PROJECT_NAME"] = "said"
        #expect(try await self.project(yaml, environment: environment).name == "said")
    }

    @Test("is refused with Compose's words when the file is wrong")
    @Loop func invalid() async {
        let error = await self.error("services: { a: { image: b, foo: 1 } }")
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("foo is not allowed") == true)
        #expect(await self.error("services: [")?.code == .invalid)
    }

    @Test("is what all its files say together, the first of which names its folder")
    @Loop func files() async throws {
        let first = self.write("compose.yaml", "services: { a: { image: b, labels: { selfheal.retries: 2 } } }")
        #expect(ComposeFiles.inUse(in: self.folder).paths == [first])
        let second = self.write(
            "compose.override.yml", "services: { a: { labels: { selfheal.retries: 7 } }, c: { image: d } }")
        let files = ComposeFiles.inUse(in: self.folder)
        #expect(files.paths == [first, second] && files.folder == self.folder && files.name == "compose.yaml")
        #expect(files == ComposeFiles("\(first):\(second)"))
        #expect(files == ComposeFiles("\(first);\(second)", separatedBy: ";"))
        let project = try await ComposeCLI(files: files).project(within: .seconds(20))
        #expect(project.services.keys.sorted() == ["a", "c"])
        #expect(project.services["a"]?.labels["selfheal.retries"] == "7")
        let ours = self.write("docker-compose.dev.yml", "services: { a: { image: b } }")
        #expect(ComposeFiles.inUse(in: self.folder).paths == [ours])
        _ = self.write(".env", "COMPOSE_FILE=compose.yaml:compose.override.yml")
        #expect(ComposeFiles.inUse(in: self.folder) == files)
        #expect(ComposeFiles.inUse(["COMPOSE_FILE": "over.yml"], in: self.folder).paths == ["\(self.folder)/over.yml"])
        unlink(second)
        let error = await #expect(throws: ComposeError.self) {
            try await ComposeCLI(files: files).project(within: .seconds(20))
        }
        #expect(error?.code == .fileMissing && error?.message.contains(second) == true)
    }

    @Test("is refused without the secrets of an .env file that is wrong")
    @Loop func secrets() async {
        _ = self.write(".env", "TOKEN+x=supersecret\n")
        let error = await self.error("services: { a: { image: b } }")
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("supersecret") == false)
    }

    @Test("says that there is no file, no docker, no Compose")
    @Loop func missing() async {
        let cli = ComposeCLI(files: ComposeFiles(self.folder + "/none.yml"))
        let error = await #expect(throws: ComposeError.self) { try await cli.project(within: .seconds(20)) }
        #expect(error?.code == .fileMissing)
        #expect(error?.message == "\(self.folder)/none.yml can't be read: No such file or directory")

        var environment = processEnvironment()
        let yaml = "services: { a: { image: b } }"
        environment["HOME"] = self.folder
        environment["DOCKER_CONFIG"] = self.folder
        let code = await self.error(yaml, environment: environment)?.code
        // A machine may have the plug-in for all users.
        #expect(code == .pluginMissing || code == nil)
    }

    @Test("gives up at the deadline")
    @Loop func deadline() async throws {
        // A Compose that never ends, so that a busy machine makes no difference.
        mkdir("\(self.folder)/cli-plugins", 0o755)
        try makeProgram("#!/bin/sh\nexec sleep 60\n", at: "\(self.folder)/cli-plugins/docker-compose")
        var environment = processEnvironment()
        environment["DOCKER_CONFIG"] = self.folder
        let cli = ComposeCLI(files: ComposeFiles(self.write("compose.yml", "services: {}")), environment: environment)
        let error = await #expect(throws: ComposeError.self) { try await cli.project(within: .seconds(1)) }
        #expect(error?.code == .timedOut)
    }

    @Test("leaves out services whose profile is off, and has those whose profile is on")
    @Loop func profiles() async throws {
        let yaml = "services: { a: { image: b }, front: { image: c, profiles: [edge] } }"
        #expect(try await self.project(yaml).services.keys.sorted() == ["a"])
        var environment = processEnvironment()
        environment["COMPOSE_PROFILES"] = "edge"
        #expect(try await self.project(yaml, environment: environment).services.keys.sorted() == ["a", "front"])
        // As one that can't be filled in is read without its profiles.
        let missing = yaml.replacing("image: b", with: "image: '${NAME_OF_B:?}'")
        #expect(try await self.project(missing, environment: environment).services.keys.sorted() == ["a"])
    }

    @Test("says the fixed ports of each service, none where the engine chooses, and how many are to run")
    @Loop func filledIn() async throws {
        let yaml = """
            name: shop
            services:
              a: { image: b, ports: ["127.0.0.1:${DIRECT:-3000}:3000", "8000-8001:80-81"] }
              c: { image: b, ports: ["127.0.0.1:0:3000", "4000"], scale: "${MANY:-2}" }
              d: { image: b, deploy: { replicas: 3 } }
            """
        let cli = ComposeCLI(files: ComposeFiles(self.write("compose.yml", yaml)))
        let services = try await cli.filledIn(within: .seconds(60)).services
        let own: Set = ["shop_default"]
        #expect(services["a"] == FilledInService(image: "b", ports: [3000, 8000, 8001], scale: 1, networks: own))
        #expect(services["c"] == FilledInService(image: "b", scale: 2, networks: own))
        #expect(services["d"] == FilledInService(image: "b", scale: 3, networks: own))
    }

    @Test("says the networks of each service as the engine calls them, and its limits")
    @Loop func attachments() async throws {
        let yaml = """
            name: shop
            services:
              a: { image: b, mem_limit: 200m, cpus: 0.5 }
              c:
                image: b
                networks: { front: { aliases: [x] }, back: , theirs: }
                deploy: { resources: { limits: { memory: 16g, cpus: "0.25" } } }
              d: { image: b, network_mode: none }
              e: { image: b, network_mode: "service:a" }
            networks: { front: , back: { name: other }, theirs: { external: true, name: foreign } }
            """
        let cli = ComposeCLI(files: ComposeFiles(self.write("compose.yml", yaml)))
        let services = try await cli.filledIn(within: .seconds(60)).services
        func service(_ networks: Set<String>?, _ memory: Int64 = 0, _ cpus: Int64 = 0) -> FilledInService {
            FilledInService(image: "b", networks: networks, memoryLimit: memory, cpuLimit: cpus)
        }
        #expect(services["a"] == service(["shop_default"], 200 << 20, 500_000_000))
        #expect(services["c"] == service(["shop_front", "other", "foreign"], 16 << 30, 250_000_000))
        #expect(services["d"] == service(["none"]))
        #expect(services["e"] == service(nil))
    }

    @Test("the hash of a service knows what is in its environment files, and is that of the service without them")
    @Loop func hashes() async throws {
        let file = self.write("compose.yml", "services: { a: { image: b, env_file: [a.env] }, c: { image: b } }")
        func hashes(_ value: String) async throws -> [String: String] {
            _ = self.write("a.env", "A=\(value)")
            return try await ComposeCLI(files: ComposeFiles(file)).configHashes(within: .seconds(60))
        }
        let (one, two) = (try await hashes("1"), try await hashes("2"))
        #expect(one["a"] != two["a"] && one["c"] == two["c"] && one.count == 2)
        let yaml = "services: { a: { image: b, environment: { A: '2' } }, c: { image: b } }"
        let files = ComposeFiles(self.write("compose.yml", yaml))
        let plain = try await ComposeCLI(files: files).configHashes(within: .seconds(60))
        #expect(plain == two)
    }

    @Test("hands the output of a command over line by line, and gives its exit code")
    @Loop func lines() async throws {
        let file = self.write("compose.yml", "services: { a: { image: b } }")
        var lines: [String] = []
        let code = try await ComposeCLI(files: ComposeFiles(file)).up(
            ["nonsense"], output: .lines { lines.append($0) }, within: .seconds(20))
        #expect(code != 0)
        #expect(lines.contains { $0.contains("nonsense") })
    }
}

@Suite("The label that says what a container depends on")
struct DependencyLabelTests {
    @Test(
        "is read in the forms of all versions of Compose",
        arguments: [
            ("db:service_healthy:false", ["db": Dependency(condition: .healthy)]),
            (
                "db:service_healthy:true,init:service_completed_successfully:false",
                [
                    "db": Dependency(condition: .healthy, restartsWithIt: true),
                    "init": Dependency(condition: .completed),
                ]
            ),
            ("db:service_started", ["db": Dependency(condition: .started)]),
            ("db,cache", ["db": Dependency(condition: .started), "cache": Dependency(condition: .started)]),
            ("db:service_new:false", ["db": Dependency(condition: .started)]),
            ("", [:]), (",:", [:]),
        ])
    func parse(label: String, dependencies: [String: Dependency]) {
        #expect(Dependency.parse(label: label) == dependencies)
    }
}
