import FoundationEssentials
import Support
import Testing

@testable import Redeploy

struct KeptSettingsTests {
    private static let secrets = ["hunter2", "s3cr3t", "token", "root:pw", "salted", "hidden"]

    /// What Compose prints of a file whose values are full of secrets.
    private func document(
        password: String = "hunter2", label: String = "s3cr3t", argument: String = "token", port: String = "3000"
    ) -> JSONValue {
        [
            "name": "p",
            "services": [
                "app": [
                    "image": "p-app",
                    "build": ["context": "/srv", "args": ["MODE": .string(argument)]],
                    "environment": ["PGPASSWORD": .string(password), "EMPTY": nil],
                    "labels": ["com.example": .string(label)],
                    "command": ["serve", "--password", "s3cr3t"],
                    "healthcheck": ["test": ["CMD", "curl", "-u", "root:pw", "http://localhost"], "interval": "30s"],
                    "ports": [["target": 3000, "published": .string(port)]],
                    "logging": ["options": ["key": "hidden"]],
                ],
                "db": ["image": "postgres:15"],
            ],
            "volumes": ["data": ["name": "p_data", "driver_opts": ["o": "password=hidden"]]],
            "x-ours": "hidden",
        ]
    }

    private func settings(_ document: JSONValue, salt: String = "salted") -> KeptSettings {
        KeptSettings(of: document, images: ["app": "sha256:1"], salt: salt)
    }

    @Test("what may be a secret is kept as a salted hash under its name; what can be none stays readable")
    func hashed() throws {
        let settings = self.settings(self.document())
        let text = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
        for secret in Self.secrets { #expect(!text.contains(secret), "\(secret) in \(text)") }
        let app = try #require(settings.services["app"])
        for name in ["environment.PGPASSWORD", "environment.EMPTY", "labels.com.example", "build.args.MODE", "command"]
        {
            #expect(app[name]?.hasPrefix("hash:") == true, "\(name)")
        }
        #expect(app["healthcheck.interval"] == "30s" && app["build.context"] == "/srv" && app["image"] == "p-app")
        #expect(app["ports"]?.contains("3000") == true && settings.shared["volumes.data.name"] == "p_data")
        #expect(settings != self.settings(self.document(), salt: "other"), "without the salt it can't be guessed")
    }

    @Test("says by service and name what is otherwise, and no value; what is the same is not said")
    func differences() {
        let then = self.settings(self.document())
        #expect(self.settings(self.document()).differences(from: then).isEmpty)
        let now = self.settings(self.document(password: "other", label: "b", argument: "c", port: "3001"))
        #expect(
            now.differences(from: then) == [
                "app: build.args.MODE, environment.PGPASSWORD, labels.com.example, ports"
            ])
        #expect(
            now.ofContainers.differences(from: then.ofContainers) == [
                "app: environment.PGPASSWORD, labels.com.example, ports"
            ])
        var document = self.document()
        document["services"] = ["app": document["services"]?["app"] ?? nil, "job": ["image": "j"]]
        document["volumes"] = nil
        #expect(
            self.settings(document).differences(from: then) == [
                "db: it is no more", "job: it is new", "volumes.data.driver_opts.o, volumes.data.name",
            ])
    }

    @Test("a value that is long is hashed too, so that no file grows without bound")
    func long() {
        let long = String(repeating: "x", count: 501)
        let settings = self.settings(["services": ["app": ["user": .string(long), "init": true]]])
        #expect(settings.services["app"]?["user"]?.hasPrefix("hash:") == true)
        #expect(settings.services["app"]?["init"] == "true")
    }
}
