import Compose
import Healing
import Testing

@testable import Watchdog

@Suite("The labels of a service")
struct ServiceSettingsTests {
    private func read(_ labels: [String: String]) -> (ServiceSettings, ServiceSettings.Complaints) {
        var settings = ServiceSettings()
        let complaints = settings.read(labels)
        return (settings, complaints)
    }

    @Test("say how it is watched, and every value knows the label it came from")
    func values() {
        let (settings, complaints) = self.read([
            "selfheal.health-url": "http://localhost:8080/up", "selfheal.interval": "10s", "selfheal.timeout": "500ms",
            "selfheal.retries": "1", "selfheal.start-period": "2m", "com.example.other": "x",
        ])
        #expect(complaints == ServiceSettings.Complaints())
        #expect(settings.healthURL?.value.description == "http://localhost:8080/up")
        #expect(settings.interval == Setting(.seconds(10), .label("selfheal.interval")))
        #expect(settings.timeout.value == .milliseconds(500))
        #expect(settings.policy.failureThreshold == 1 && settings.policy.hardFailureThreshold == 1)
        #expect(settings.policy.startGraceDeclared == .seconds(120))
        #expect(settings.isEnabled == Setting(true, .standard))
    }

    @Test("say how often it is looked at, also what has started or was bad: each second where they say nothing")
    func unsettled() {
        let (own, _) = self.read(["selfheal.interval": "10s"])
        #expect(own.interval(isUnsettled: false) == .seconds(10) && own.interval(isUnsettled: true) == .seconds(10))
        let (standard, _) = self.read([:])
        #expect(standard.interval(isUnsettled: false) == WatchSettings.probeInterval)
        #expect(standard.interval(isUnsettled: true) == .seconds(1))
    }

    @Test(
        "take booleans as people write them",
        arguments: [
            ("true", true), ("True", true), ("1", true), ("YES", true), ("on", true), ("False", false),
            ("no", false), ("0", false), ("OFF", false),
        ])
    func booleans(text: String, expected: Bool) {
        #expect(self.read(["selfheal.enable": text]).0.isEnabled == Setting(expected, .label("selfheal.enable")))
    }

    @Test(
        "that are malformed are faults that name the label and change nothing",
        arguments: [
            ("selfheal.enable", "maybe"), ("selfheal.interval", "0s"), ("selfheal.interval", "2h"),
            ("selfheal.interval", "soon"), ("selfheal.timeout", "10ms"), ("selfheal.retries", "0"),
            ("selfheal.retries", "101"), ("selfheal.start-period", "-1"), ("selfheal.health-url", "localhost:80"),
            ("selfheal.enable", "${WATCH}"),
        ])
    func malformed(name: String, value: String) {
        let (settings, complaints) = self.read([name: value])
        #expect(complaints.faults.count == 1 && complaints.faults.allSatisfy { $0.contains(name) })
        #expect(settings == ServiceSettings())
    }

    @Test(
        "that mean nothing are warnings, with the one that was meant where it is near",
        arguments: [
            ("selfheal.enabled", "selfheal.enable"), ("selfheal.Enable", "selfheal.enable"),
            ("selfheal.health_url", "selfheal.health-url"), ("selfheal.intervall", "selfheal.interval"),
            ("selfheal.start_period", "selfheal.start-period"), ("selfheal.retry", "selfheal.retries"),
            ("selfheal.fornt", "selfheal.front"), ("selfheal.colour", nil), ("selfheal.x", nil),
        ])
    func unknown(name: String, meant: String?) {
        let (_, complaints) = self.read([name: "1"])
        #expect(complaints.faults.isEmpty)
        #expect(complaints.warnings.count == 1 && complaints.warnings.allSatisfy { $0.contains(name) })
        #expect(complaints.warnings.first?.contains("did you mean") == (meant != nil))
        if let meant { #expect(complaints.warnings.first?.hasSuffix("did you mean \(meant)?") == true) }
    }

    @Test("about the probe change nothing without a probe, and that is said; the start period does")
    func idle() {
        let (_, complaints) = self.read(["selfheal.retries": "5"])
        #expect(complaints.warnings == ["label selfheal.retries changes nothing without selfheal.health-url"])
        #expect(self.read(["selfheal.start-period": "40s"]).1 == ServiceSettings.Complaints())
    }

    @Test("of deploys are known as well")
    func deploys() {
        let labels = [
            "selfheal.front": "app", "selfheal.migrate": "x", "selfheal.migrate.pending": "y", "selfheal.alone": "1",
        ]
        #expect(self.read(labels).1 == ServiceSettings.Complaints())
    }

    @Test("give the stop timeout as the tool that people come from has it")
    func stopTimeout() {
        var settings = ServiceSettings()
        #expect(settings.readStopTimeout(["autoheal.stop.timeout": "25"]) == [])
        #expect(settings.stopTimeout?.value == .seconds(25))
        #expect(settings.readStopTimeout(["autoheal.stop.timeout": "long"]).count == 1)
        #expect(settings.stopTimeout?.value == .seconds(25))
    }
}
