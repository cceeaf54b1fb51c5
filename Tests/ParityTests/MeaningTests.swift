import Testing

@testable import Parity

@Suite("Meaning")
struct MeaningTests {
    /// As Compose prints it: long forms, absolute paths, defaults filled in, variables as they are written.
    private static let meaning = """
        {"name": "shop", "networks": {"default": {"name": "shop_default", "ipam": {}}},
         "services": {
          "app": {
           "build": {"context": "/srv/shop", "dockerfile": "./Dockerfile"}, "command": null, "entrypoint": null,
           "depends_on": {"db": {"condition": "service_healthy", "required": true}},
           "environment": {
            "DATABASE_URL": "${DATABASE_URL:?set it}", "PORT": "3000", "SESSION_SECRET": "${SESSION_SECRET:?set it}"},
           "healthcheck": {
            "test": ["CMD", "curl", "-fsS", "http://localhost:3000/health/internal"],
            "timeout": "5s", "interval": "30s", "retries": 3},
           "networks": {"default": null},
           "ports": [{"mode": "ingress", "host_ip": "127.0.0.1", "target": 3000, "published": "8080", "protocol": "tcp"}],
           "restart": "always"},
          "db": {
           "command": null, "entrypoint": null, "environment": {"POSTGRES_PASSWORD": "${PGPASSWORD:?set it}"},
           "healthcheck": {"test": ["CMD-SHELL", "pg_isready -U postgres"], "timeout": "3s", "interval": "5s"},
           "image": "postgres:15", "networks": {"default": null}, "restart": "unless-stopped",
           "volumes": [
            {"type": "volume", "source": "db-data", "target": "/var/lib/postgresql/data", "volume": {}}]}},
         "volumes": {"db-data": {"name": "shop_db-data"}}}
        """

    @Test("what Compose prints means what is written: a project without a fault has no finding")
    func clean() {
        var facts = Shop.facts
        facts.composeReading = .meaning(Self.meaning)
        #expect(facts.report.findings == [])
    }

    @Test("a fault that only the printed form shows is named at the line that is written")
    func lines() throws {
        var facts = Shop.facts
        facts.composeReading = .meaning(Self.meaning.replacing("\"target\": 3000", with: "\"target\": 8080"))
        let lines = facts.compose.text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.contains("ports:") }) + 1
        #expect(facts.report.findings.map(\.check) == [.publishedPortMismatch])
        #expect(facts.report.findings.map(\.place) == [Place("compose.yaml", line)])
    }

    @Test("a printed form that can't be read leaves the written one to be judged", arguments: ["", "{", "[]", "{}"])
    func unreadable(json: String) {
        var facts = Shop.facts
        facts.composeReading = .meaning(json)
        facts.edit("compose.yaml", "    restart: always\n", "")
        facts.containers = []
        #expect(facts.report.findings.map(\.check) == [.restartMissing])
    }
}
