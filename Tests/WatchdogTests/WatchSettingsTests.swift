import Testing

@testable import Watchdog

@Suite("The watchdog's settings")
struct WatchSettingsTests {
    @Test("are all optional, with the contract's defaults")
    func defaults() throws {
        let settings = try WatchSettings(environment: [:])
        #expect(settings.selection == .service("app"))
        #expect(settings.healthURL.description == "http://localhost:3000/health/internal")
        #expect(settings.composeFile == "docker-compose.dev.yml")
        #expect(settings.interval == .seconds(30))
        #expect(settings.logFile == "docker-health.txt")
    }

    @Test("take the service from the first argument before the environment")
    func argument() throws {
        #expect(try WatchSettings(environment: ["SERVICE_NAME": "web"]).service == "web")
        #expect(try WatchSettings(.service("api"), environment: ["SERVICE_NAME": "web"]).service == "api")
    }

    @Test(
        "refuse a malformed value, naming the variable and never the value",
        arguments: [
            ("INTERVAL_SECONDS", "0"), ("INTERVAL_SECONDS", "3601"), ("INTERVAL_SECONDS", "30s"),
            ("INTERVAL_SECONDS", "-5"), ("HEALTH_URL", "https://localhost/x"), ("HEALTH_URL", "http://example.org/"),
            ("HEALTH_URL", "localhost:4711"), ("HEALTH_URL", "http://localhost:99999/secret"),
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
