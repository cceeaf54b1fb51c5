@testable import Parity

/// A small project without a fault, to be broken by one edit each.
enum Shop {
    static let dockerfile = """
        # The shop's server.
        FROM swift:6.3-bookworm AS build
        WORKDIR /source
        COPY Package.swift ./
        COPY Sources Sources
        RUN swift build -c release

        FROM debian:bookworm-slim AS server
        RUN apt-get update \\
            # For the probe.
            && apt-get install -y --no-install-recommends curl \\
            && rm -rf /var/lib/apt/lists/*
        ENV PORT=3000
        EXPOSE 3000
        HEALTHCHECK --interval=30s --timeout=5s --retries=3 \\
            CMD curl -fsS "http://localhost:${PORT:-3000}/health/internal"
        COPY --from=build /source/.build/release/server /usr/local/bin/
        ENTRYPOINT ["server"]
        """

    static let compose = """
        services:
          db:
            image: postgres:15
            restart: unless-stopped
            environment:
              POSTGRES_PASSWORD: ${PGPASSWORD:?set it}
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
              interval: 5s
              timeout: 3s
            volumes:
              - db-data:/var/lib/postgresql/data

          app:
            build:
              context: .
              dockerfile: ./Dockerfile
            restart: always
            depends_on:
              db:
                condition: service_healthy
            environment:
              PORT: 3000
              DATABASE_URL: ${DATABASE_URL:?set it}
              SESSION_SECRET: ${SESSION_SECRET:?set it}
            healthcheck:
              test: ["CMD", "curl", "-fsS", "http://localhost:3000/health/internal"]
              interval: 30s
              timeout: 5s
              retries: 3
            ports:
              - "127.0.0.1:${APP_PORT:-8080}:3000"

        volumes:
          db-data:
        """

    static let blueprint = """
        services:
          - type: web
            name: shop
            runtime: docker
            dockerfilePath: ./Dockerfile
            healthCheckPath: /health
            autoDeployTrigger: commit
            envVars:
              - key: NODE_ENV
                value: production
              - key: DATABASE_URL
                fromDatabase:
                  name: shop-db
                  property: connectionString
              - key: SESSION_SECRET
                generateValue: true

        databases:
          - name: shop-db
        """

    /// All facts of it, with an engine on which it runs.
    static var facts: Facts {
        var facts = Facts(folder: "/srv/shop", compose: Facts.TextFile(path: "compose.yaml", text: compose))
        facts.dockerfiles = ["Dockerfile": dockerfile]
        facts.blueprints = [Facts.TextFile(path: "render.yaml", text: blueprint)]
        facts.tracked = ["Dockerfile", "compose.yaml", "render.yaml", ".env.example"]
        facts.images["app"] = Facts.Image(
            id: "sha256:1", hasHealthcheck: true, environment: ["PATH=/usr/bin", "PORT=3000"],
            history: ["ENTRYPOINT [\"server\"]", "ENV PORT=3000", "RUN /bin/sh -c apt-get update"])
        facts.containers = [
            Facts.Container(
                service: "app", name: "shop-app-1", imageID: "sha256:1", configHash: "c0ffee",
                restartPolicy: "always",
                healthcheck: Facts.Check(
                    test: ["CMD", "curl", "-fsS", "http://localhost:3000/health/internal"],
                    interval: .seconds(30), timeout: .seconds(5), startPeriod: .zero, retries: 3),
                failingAfterStart: nil)
        ]
        facts.configHashes = ["app": "c0ffee"]
        facts.boots = ["app": .seconds(2)]
        facts.healthPathAnswers = ["app": "HTTP/1.1 200 OK\r\nRateLimit-Policy: \"probe\";q=600;w=60\r\n\r\n"]
        return facts
    }
}

extension Facts {
    /// The texts of all files by path, as they are now.
    var texts: [String: String] {
        var texts = self.dockerfiles.compactMapValues { $0 }
        texts[self.compose.path] = self.compose.text
        for blueprint in self.blueprints { texts[blueprint.path] = blueprint.text }
        return texts
    }

    /// Puts `text` in the place of a file's.
    mutating func write(_ path: String, _ text: String) {
        if path == self.compose.path {
            self.compose = TextFile(path: path, text: text)
        } else if let index = self.blueprints.firstIndex(where: { $0.path == path }) {
            self.blueprints[index] = TextFile(path: path, text: text)
        } else {
            self.dockerfiles.updateValue(text, forKey: path)
        }
    }

    /// What is found, secrets in the texts too.
    var report: Report {
        var facts = self
        facts.secretsInFiles += self.texts.flatMap { SecretScan.findings($0.key, $0.value, isReadElsewhere: true) }
        return Report(facts)
    }
}
