@testable import Parity

/// A project with one fault, and what must be said of it.
struct BrokenProject: Sendable, CustomStringConvertible {
    let description: String
    let check: Check
    let file: String
    /// Stands in the line that must be named, and in no line before it; empty for the first line.
    let marker: String
    let facts: Facts

    /// The clean project, edited.
    init(
        _ description: String, _ check: Check, _ file: String, at marker: String,
        _ edit: (inout Facts) -> Void
    ) {
        (self.description, self.check, self.file, self.marker) = (description, check, file, marker)
        var facts = Shop.facts
        edit(&facts)
        self.facts = facts
    }

    /// The clean project with one text of one file replaced. No new text: only the facts of the engine may differ.
    init(
        _ description: String, _ check: Check, _ file: String, _ old: String, _ new: String, at marker: String? = nil
    ) {
        self.init(description, check, file, at: marker ?? String(new.split(separator: "\n").first ?? "")) { facts in
            facts.edit(file, old, new)
        }
    }

    /// The line that must be named.
    var line: Int? {
        // What has no text here is named by its first line.
        guard let text = self.facts.texts[self.file], !self.marker.isEmpty else { return 1 }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.firstIndex { $0.contains(self.marker) }.map { $0 + 1 }
    }
}

extension Facts {
    /// Replaces `old`, which must be there once.
    mutating func edit(_ path: String, _ old: String, _ new: String) {
        let text = self.texts[path] ?? ""
        precondition(text.ranges(of: old).count == 1, "\(path) has \(old) not once")
        self.write(path, text.replacing(old, with: new))
    }
}

extension BrokenProject {
    static let all = files + probes + compose + render + secrets + running

    private static let appProbe = "\"-fsS\", \"http://localhost:3000/health/internal\""

    private static let files = [
        BrokenProject("an unknown instruction", .dockerfileMalformed, "Dockerfile", "EXPOSE 3000", "EXPOZE 3000"),
        BrokenProject(
            "a heredoc without an end", .dockerfileMalformed, "Dockerfile", "RUN swift build", "RUN <<END\nswift build"),
        BrokenProject(
            "a stage that is not there", .dockerfileMalformed, "compose.yaml",
            "      dockerfile: ./Dockerfile", "      dockerfile: ./Dockerfile\n      target: tests", at: "target: tests"
        ),
        BrokenProject("a Dockerfile that is not there", .dockerfileMissing, "compose.yaml", at: "dockerfile: ") {
            $0.edit("compose.yaml", "./Dockerfile", "./Dockerfile.prod")
            $0.dockerfiles.updateValue(nil, forKey: "Dockerfile.prod")
        },
        BrokenProject(
            "an open bracket", .composeMalformed, "compose.yaml",
            "[\"CMD-SHELL\", \"pg_isready -U postgres\"]", "[\"CMD-SHELL\", \"pg_isready -U postgres\"",
            at: "interval: 5s"),
        BrokenProject("what only Compose refuses", .composeMalformed, "compose.yaml", at: "restart: always") {
            $0.composeReading = .refused("services.app.restart must be a string")
        },
        BrokenProject(
            "an open bracket", .blueprintMalformed, "render.yaml", "type: web", "type: [web", at: "name: shop"),
        BrokenProject(
            "databases that are no list", .blueprintMalformed, "render.yaml",
            "databases:\n  - name: shop-db", "databases:\n  user: shop\n  name: shop-db", at: "user: shop"),
        BrokenProject(
            "a service that is a word", .blueprintMalformed, "render.yaml",
            "services:\n", "services:\n  - website\n", at: "- website"),
        BrokenProject(
            "a key twice in Compose", .duplicateKey, "compose.yaml",
            "    restart: always", "    restart: always\n    restart: \"unless-stopped\"", at: "\"unless-stopped\""),
        BrokenProject(
            "a key twice in the blueprint", .duplicateKey, "render.yaml",
            "    runtime: docker", "    runtime: docker\n    runtime: \"docker\"", at: "\"docker\""),
    ]

    private static let probes = [
        BrokenProject("a database that nobody checks", .healthcheckMissing, "compose.yaml", at: "db:") {
            let test = "      test: [\"CMD-SHELL\", \"pg_isready -U postgres\"]\n"
            $0.edit("compose.yaml", "    healthcheck:\n\(test)      interval: 5s\n      timeout: 3s\n", "")
        },
        BrokenProject(
            "an image that nobody checks", .healthcheckMissing, "Dockerfile", at: "FROM debian"
        ) {
            $0.edit("Dockerfile", "HEALTHCHECK --interval=30s --timeout=5s --retries=3 \\\n    CMD ", "RUN true || ")
        },
        BrokenProject(
            "a healthcheck switched off", .healthcheckMissing, "compose.yaml", at: "disable: true"
        ) {
            $0.edit("compose.yaml", "test: [\"CMD\", \"curl\", \(appProbe)]", "disable: true")
            $0.containers = []
        },
        BrokenProject("two paths", .probePathMismatch, "compose.yaml", at: "/health/live") {
            $0.edit("compose.yaml", "3000/health/internal", "3000/health/live")
            $0.containers = []
        },
        BrokenProject("two ports", .probePortMismatch, "compose.yaml", at: "3001/health") {
            $0.edit("compose.yaml", "localhost:3000/", "localhost:3001/")
            $0.containers = []
        },
        BrokenProject("two intervals", .probeTimingMismatch, "compose.yaml", at: "interval: 20s") {
            $0.edit("compose.yaml", "interval: 30s", "interval: 20s")
            $0.containers = []
        },
        BrokenProject("curl without --fail", .probeIgnoresStatus, "Dockerfile", at: "HEALTHCHECK") {
            $0.edit("Dockerfile", "curl -fsS", "curl -sS")
        },
        BrokenProject("a variable without a shell", .probeVariableUnexpanded, "compose.yaml", at: "$${PORT}") {
            $0.edit("compose.yaml", "localhost:3000/", "localhost:$${PORT}/")
            $0.containers = []
        },
        BrokenProject("an image without curl", .probeToolMissing, "Dockerfile", at: "HEALTHCHECK") {
            $0.edit("Dockerfile", "recommends curl", "recommends libpq5")
        },
        BrokenProject(
            "a check as long as its interval", .timeoutNotBelowInterval, "compose.yaml",
            "timeout: 3s", "timeout: 5s # as long"),
        BrokenProject(
            "a boot of the journal that was longer", .startPeriodShort, "compose.yaml", at: "# app"
        ) {
            $0.edit(
                "compose.yaml", "    healthcheck:\n      test: [\"CMD\"", "    healthcheck: # app\n      test: [\"CMD\""
            )
            $0.boots["app"] = .seconds(45)
        },
        BrokenProject(
            "a port where nobody listens", .publishedPortMismatch, "compose.yaml",
            "${APP_PORT:-8080}:3000", "${APP_PORT:-8080}:8080", at: "ports:"),
    ]

    private static let compose = [
        BrokenProject("no restart policy", .restartMissing, "compose.yaml", at: "db:") {
            $0.edit("compose.yaml", "    restart: unless-stopped\n", "")
        },
        BrokenProject(
            "a start that is not awaited", .dependencyNotAwaited, "compose.yaml",
            "condition: service_healthy", "condition: service_started", at: "      db:"),
        BrokenProject("a version", .composeIgnoredKey, "compose.yaml", at: "version:") {
            $0.edit("compose.yaml", "services:\n", "version: \"3.8\"\nservices:\n")
        },
        BrokenProject(
            "an undo that only Swarm does", .composeIgnoredKey, "compose.yaml",
            "    restart: always", "    restart: always\n    deploy:\n      update_config: {failure_action: rollback}",
            at: "update_config"),
        BrokenProject("data in the container", .databaseVolumeMissing, "compose.yaml", at: "db:") {
            $0.edit("compose.yaml", "    volumes:\n      - db-data:/var/lib/postgresql/data\n", "")
        },
        BrokenProject("a stage that is not the last", .buildTargetMismatch, "compose.yaml", at: "target: server") {
            $0.edit("compose.yaml", "dockerfile: ./Dockerfile", "dockerfile: ./Dockerfile\n      target: server")
            $0.edit("Dockerfile", "ENTRYPOINT [\"server\"]", "ENTRYPOINT [\"server\"]\nFROM server\nUSER nobody")
        },
    ]

    private static let render = [
        BrokenProject("no health path", .healthPathMissing, "render.yaml", at: "name: shop") {
            $0.edit("render.yaml", "    healthCheckPath: /health\n", "")
        },
        BrokenProject("a limit of ten a minute", .healthPathRateLimited, "render.yaml", at: "healthCheckPath") {
            $0.healthPathAnswers["app"] = "HTTP/1.1 200 OK\r\nratelimit-policy: 10;w=60\r\n\r\n"
        },
        BrokenProject("a 429", .healthPathRateLimited, "render.yaml", at: "healthCheckPath") {
            $0.healthPathAnswers["app"] = "HTTP/1.1 429 Too Many Requests\r\n\r\n"
        },
        BrokenProject("another Dockerfile", .blueprintDockerfileMismatch, "render.yaml", at: "Dockerfile.render") {
            $0.edit("render.yaml", "./Dockerfile", "./Dockerfile.render")
            $0.dockerfiles["Dockerfile.render"] = Shop.dockerfile
        },
        BrokenProject(
            "no image", .blueprintRuntimeMismatch, "render.yaml", "runtime: docker", "runtime: node"),
        BrokenProject(
            "another port", .blueprintPortMismatch, "render.yaml",
            "      - key: NODE_ENV", "      - key: PORT\n        value: \"10000\"\n      - key: NODE_ENV",
            at: "key: PORT"),
        BrokenProject(
            "a setting that only Compose gives", .settingMissing, "render.yaml", at: "envVars:"
        ) {
            $0.edit("compose.yaml", "      PORT: 3000", "      PORT: 3000\n      MAIL_FROM: ${MAIL_FROM}")
        },
        BrokenProject("a setting from nowhere", .settingWithoutValue, "render.yaml", at: "SESSION_SECRET") {
            $0.edit("render.yaml", "        generateValue: true\n", "")
        },
        BrokenProject(
            "a setting twice", .settingTwice, "render.yaml",
            "      - key: NODE_ENV", "      - key: \"NODE_ENV\"\n        sync: false\n      - key: NODE_ENV",
            at: "key: NODE_ENV"),
        BrokenProject(
            "a secret", .secretValue, "render.yaml", "generateValue: true", "value: \(secret)"),
        BrokenProject(
            "a secret that looks like one too", .secretValue, "render.yaml", "generateValue: true", "value: \(token)"),
        BrokenProject(
            "a slip of the pen", .unknownKey, "render.yaml", "autoDeployTrigger: commit", "autoDeployTriger: commit"),
        BrokenProject("an older name", .deprecatedKey, "render.yaml", "runtime: docker", "env: docker"),
        BrokenProject("another blueprint", .blueprintsDisagree, "deploy/render.yaml", at: "name: shop") {
            let other = Shop.blueprint.replacing("healthCheckPath: /health", with: "healthCheckPath: /")
            $0.blueprints.append(Facts.TextFile(path: "deploy/render.yaml", text: other))
        },
    ]

    /// What no report may show.
    static let secret = "correct-horse-battery-9"
    /// So that no scanner takes this file for what it tests.
    static let token = "gh" + "p_" + "q7Zt2LmX9vRb4KcN8s" + "Wd3HyJ6fGp1TaQ5eUo"

    private static let secrets = [
        BrokenProject("a secret of a service", .secretInFile, "compose.yaml", at: "SESSION_SECRET") {
            $0.edit("compose.yaml", "${SESSION_SECRET:?set it}", secret)
        },
        BrokenProject("a secret of a service in a list", .secretInFile, "compose.yaml", at: "- SESSION_SECRET") {
            $0.edit(
                "compose.yaml",
                """
                      PORT: 3000
                      DATABASE_URL: ${DATABASE_URL:?set it}
                      SESSION_SECRET: ${SESSION_SECRET:?set it}
                """,
                """
                      - PORT=3000
                      - DATABASE_URL
                      - SESSION_SECRET=\(token)
                """)
        },
        BrokenProject("a token in a comment", .secretInFile, "Dockerfile", at: "server. gh") {
            $0.edit("Dockerfile", "The shop's server.", "The shop's server. \(token)")
        },
        BrokenProject("a password in a URL", .secretInFile, "compose.yaml", at: "DATABASE_URL") {
            $0.edit("compose.yaml", "${DATABASE_URL:?set it}", "postgres://shop:\(secret)@data.shop.net/shop")
        },
        BrokenProject("the environment of a person", .envFileTracked, ".env.production", at: "") {
            $0.tracked?.append(".env.production")
        },
        BrokenProject("a context with everything", .envFileInBuildContext, "Dockerfile", at: "COPY . .") {
            $0.edit("Dockerfile", "COPY Package.swift ./\nCOPY Sources Sources", "COPY . .")
        },
        BrokenProject(
            "an argument of the image", .secretInBuildArgument, "Dockerfile",
            "WORKDIR /source", "ARG NPM_TOKEN\nWORKDIR /source"),
        BrokenProject(
            "an argument of the build", .secretInBuildArgument, "compose.yaml",
            "      context: .", "      context: .\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}", at: "NPM_TOKEN"),
        BrokenProject(
            "a secret set by ENV", .secretInImage, "Dockerfile", at: "ENV SESSION_SECRET"
        ) {
            $0.edit("Dockerfile", "ENV PORT=3000", "ENV PORT=3000\nENV SESSION_SECRET=\(secret)")
        },
        BrokenProject("a secret in the image's environment", .secretInImage, "Dockerfile", at: "FROM debian") {
            $0.images["app"] = Facts.Image(
                id: "sha256:1", hasHealthcheck: true, environment: ["SESSION_SECRET=\(secret)"], history: [])
        },
        BrokenProject("a secret in a file of the image", .secretInImage, "Dockerfile", at: "FROM debian") {
            $0.images["app"]?.secretFiles = ["srv/key.pem: this looks like a private key"]
        },
        BrokenProject("a secret in the image's history", .secretInImage, "Dockerfile", at: "FROM debian") {
            $0.images["app"] = Facts.Image(
                id: "sha256:1", hasHealthcheck: true, environment: [],
                history: ["RUN |1 NPM_TOKEN=\(secret) /bin/sh -c npm ci"])
        },
    ]

    private static let running = [
        BrokenProject("an older image", .containerDrift, "compose.yaml", at: "app:") {
            $0.images["app"] = Facts.Image(id: "sha256:2", hasHealthcheck: true, environment: [], history: [])
        },
        BrokenProject("another configuration", .containerDrift, "compose.yaml", at: "app:") {
            $0.configHashes["app"] = "decaf"
        },
        BrokenProject("a service that the file does not have", .containerDrift, "compose.yaml", at: "") {
            $0.containers.append(
                Facts.Container(
                    service: "cache", name: "shop-cache-1", imageID: "sha256:3", configHash: nil,
                    restartPolicy: "always", healthcheck: nil, failingAfterStart: nil))
        },
        BrokenProject("another interval", .containerDrift, "compose.yaml", at: "app:") {
            $0.edit("compose.yaml", "      interval: 30s\n", "")
            $0.edit("Dockerfile", "--interval=30s", "--interval=40s")
        },
    ]
}
