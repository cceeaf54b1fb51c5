import Foundation
import Testing

@testable import Watchdog

@Suite("The watchdog's settings")
struct WatchSettingsTests {
    @Test("are all optional, with the contract's defaults")
    func defaults() throws {
        let settings = try WatchSettings(environment: [:])
        #expect(settings.selection == .service("app"))
        #expect(settings.healthURL.description == "http://localhost:3000/health/internal")
        #expect(settings.composeFiles == "docker-compose.dev.yml")
        #expect(settings.interval == .seconds(30))
        #expect(settings.logFile == "docker-health.txt")
    }

    @Test("take the service from the first argument before the environment")
    func argument() throws {
        #expect(try WatchSettings(environment: ["SERVICE_NAME": "web"]).service == "web")
        #expect(try WatchSettings(.service("api"), environment: ["SERVICE_NAME": "web"]).service == "api")
    }

    @Test("take several compose files as Compose does")
    func composeFiles() throws {
        let two = ["COMPOSE_FILE": "a/compose.yml:a/more.yml"]
        #expect(try WatchSettings(environment: two).composeFiles.paths == ["a/compose.yml", "a/more.yml"])
        let other = two.merging(["COMPOSE_PATH_SEPARATOR": ";"]) { $1 }
        #expect(try WatchSettings(environment: other).composeFiles.paths == ["a/compose.yml:a/more.yml"])
    }

    @Test("take the compose files that .env names before ours, and those of the environment before both")
    func dotEnv() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in [
            ("docker-compose.dev.yml", ""), (".env", "COMPOSE_FILE=base.yml,over.yml\nCOMPOSE_PATH_SEPARATOR=,"),
        ] {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        func paths(_ environment: [String: String]) throws -> [String] {
            try WatchSettings(environment: environment, in: folder.path).composeFiles.paths
        }
        #expect(try paths([:]) == ["\(folder.path)/base.yml", "\(folder.path)/over.yml"])
        #expect(try paths(["COMPOSE_FILE": "/a,/b", "COMPOSE_PATH_SEPARATOR": ""]) == ["/a", "/b"])
        #expect(try paths(["COMPOSE_FILE": "/a,b:/c", "COMPOSE_PATH_SEPARATOR": ":"]) == ["/a,b", "/c"])
    }

    @Test("choose all services, containers by label, or one service")
    func selection() throws {
        func selection(_ words: Selection?, _ environment: [String: String]) throws -> Selection {
            try WatchSettings(words, environment: environment).selection
        }
        #expect(try selection(nil, ["SERVICE_NAME": "*"]) == .all)
        #expect(try selection(.all, ["SERVICE_NAME": "web"]) == .all)
        #expect(try selection(.label("heal"), [:]) == .label("heal"))
        #expect(try selection(nil, ["AUTOHEAL_CONTAINER_LABEL": "heal"]) == .label("heal"))
        // The label's name on the command line is what an image of ours would give by default.
        #expect(try selection(.label("autoheal"), ["AUTOHEAL_CONTAINER_LABEL": "all"]) == .everyContainer)
        #expect(try selection(.service("web"), ["AUTOHEAL_CONTAINER_LABEL": "all"]) == .service("web"))
    }

    @Test("take those of the tool that people come from, where containers are watched by label")
    func autoheal() throws {
        let environment = [
            "AUTOHEAL_INTERVAL": "7", "AUTOHEAL_START_PERIOD": "3", "AUTOHEAL_DEFAULT_STOP_TIMEOUT": "20",
            "WEBHOOK_URL": "https://example.org/hook",
        ]
        let byLabel = try WatchSettings(.label("autoheal"), environment: environment)
        #expect(byLabel.interval == .seconds(7) && byLabel.startDelay == .seconds(3))
        #expect(byLabel.stopTimeout == .seconds(20) && byLabel.webhook == "https://example.org/hook")
        let standard = try WatchSettings(.label("autoheal"), environment: [:])
        #expect(
            standard.interval == .seconds(5) && standard.startDelay == .zero && standard.stopTimeout == .seconds(10))
        let service = try WatchSettings(environment: environment)
        #expect(service.interval == .seconds(30) && service.startDelay == .zero)
    }

    @Test(
        "refuse a malformed value, naming the variable and never the value",
        arguments: [
            ("INTERVAL_SECONDS", "0"), ("INTERVAL_SECONDS", "3601"), ("INTERVAL_SECONDS", "30s"),
            ("INTERVAL_SECONDS", "-5"), ("HEALTH_URL", "https://localhost/x"), ("HEALTH_URL", "http://example.org/"),
            ("WEBHOOK_URL", "ftp://example.org/token"), ("HEALTH_URL", "localhost:4711"),
            ("HEALTH_URL", "http://localhost:99999/secret"),
        ])
    func malformed(name: String, value: String) {
        #expect {
            try WatchSettings(environment: [name: value])
        } throws: { error in
            guard let error = error as? WatchError else { return false }
            return error.code == .malformedSettings && error.message.contains(name)
                && (!error.message.contains(value) || value.count < 3)
        }
    }

    @Test("tell all faults at once")
    func allAtOnce() {
        #expect {
            try WatchSettings(environment: ["INTERVAL_SECONDS": "x", "HEALTH_URL": "y"])
        } throws: { error in
            let text = "\(error)"
            return text.contains("INTERVAL_SECONDS") && text.contains("HEALTH_URL")
        }
    }
}
