import Testing

@testable import Parity

@Suite("Secrets")
struct SecretsTests {
    private func findings(_ path: String, _ text: String) -> [Int] {
        SecretScan.findings(path, text, isReadElsewhere: false).map(\.place.line)
    }

    @Test("a private key is one finding at its head; its head alone, as code has it, is none")
    func keys() {
        let head = "-----BEGIN " + "PRIVATE KEY-----"
        let body = String(repeating: "MIIEvQIBADANBgkqhkiG", count: 3)
        #expect(self.findings("key.pem", "\n\(head)\n\(body)\n-----END PRIVATE KEY-----\n").first == 2)
        #expect(self.findings("scan.swift", "let head = \"\(head)\"\nlet next = 1\n") == [])
    }

    @Test(
        "what is meant as a value of a secret's name is found in files of settings",
        arguments: ["API_KEY=", "export API_KEY=", "api_key: ", "\"api-key\": \"", "  ACCESS_TOKEN_SECRET = "])
    func assignments(name: String) {
        #expect(self.findings("app.conf", "# settings\n\(name)\(BrokenProject.secret)\n") == [2])
    }

    @Test("what a name says goes before what a value looks like")
    func nameFirst() {
        let findings = SecretScan.findings("app.conf", "API_KEY=\(BrokenProject.token)", isReadElsewhere: false)
        #expect(findings.map(\.what) == ["this looks like the value of API_KEY"])
    }

    @Test(
        "variables, placeholders, words and paths are no secrets",
        arguments: [
            "API_KEY=${API_KEY}", "API_KEY=$(cat key)", "API_KEY=changeme-now", "PASSWORD=password",
            "API_KEY=<your key>",
            "TOKEN_TTL=3600seconds", "PASSWORD_FILE=/run/secrets/password", "password: short",
            "secret: a text for people",
            "url: postgres://user:secret-of-here@localhost/db", "commit: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b",
            "func restartsWhenHealthcheckFailsThreeTimesInARowAndStaysDown()",
        ])
    func noSecrets(line: String) { #expect(self.findings("app.yaml", line) == []) }

    @Test("tokens and passwords in URLs are found in every text file, but not in lock files and binaries")
    func everywhere() {
        let url = "see https://admin:\(BrokenProject.secret)@shop.net/"
        #expect(self.findings("README.md", url) == [1])
        #expect(self.findings("main.swift", "let token = \"\(BrokenProject.token)\"") == [1])
        // Put together here: written whole, our own check would find it.
        let short = "AKIA" + "Q4ZT7WX2M5RB3N6K"
        #expect(self.findings("notes.txt", "key=\(short)") == [1])
        #expect(self.findings("yarn.lock", url) == [])
        #expect(self.findings("logo.png", "\u{0}\n\(url)") == [])
    }
}
