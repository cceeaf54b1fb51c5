import Foundation
import Testing

@Suite("the way to the health URL", .shared)
struct ProbeTests {
    /// What takes the way through the network namespace away.
    private let withoutNamespaces = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]

    @Test("leads past a container without curl: it is watched and healed, the broken healthcheck is said once")
    func noCurl() async throws {
        try await LiveProject.run(.faults, isStarted: false) { project in
            try await project.buildWithoutCurl()
            try await project.compose("up", "--detach")
            try await project.waitUntilServing()
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            let before = try await project.container("app")
            try await eventually("Docker to call app unhealthy", within: .seconds(30)) {
                try await project.container("app").health == "unhealthy"
            }
            try await watchdog.journal.wait(for: "probe_at_fault", "app", within: .seconds(15))
            try await watchdog.expectQuiet(for: .seconds(15))
            #expect(watchdog.journal.lines("probe_at_fault").count == 1, "\(watchdog.journal.text)")
            #expect(try await project.container("app").started == before.started)

            try await project.signal("app", SIGSTOP)
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(40))
            try await project.waitUntilServing(within: .seconds(5))
            try await watchdog.stop()
        }
    }

    @Test("is docker exec where namespaces can't be entered, which is said once and heals just as well")
    func exec() async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch(
                with: ["INTERVAL_SECONDS": "2"], prefix: self.withoutNamespaces)
            try await watchdog.journal.wait(for: "probe_by_exec", within: .seconds(5))
            try await watchdog.expectQuiet(for: .seconds(6))
            try await project.signal("app", SIGSTOP)
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
            try await project.waitUntilServing(within: .seconds(5))
            #expect(watchdog.journal.lines("probe_by_exec").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("does not exist without curl and without namespaces: the watchdog says so and ends with 8")
    func none() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try await project.buildWithoutCurl()
            try await project.compose("up", "--detach")
            try await project.waitUntilServing()
            let before = try await project.container("app")
            let output = try await run(
                self.withoutNamespaces + [selfheal, "watch"], environment: project.environment,
                directory: project.folder, within: .seconds(20))
            #expect(output.code == 8, "\(output.text)")
            #expect(output.complaints.count == 1 && output.stderr.contains("curl"), "\(output.stderr)")
            #expect(try await project.container("app").started == before.started)
        }
    }

    @Test("is not called missing because the service died while the watchdog asked for the first time")
    func dying() async throws {
        try await LiveProject.run(
            isStarted: false,
            { file in
                file["services.app.entrypoint"] = ["sh", "-c", "sleep 0.1; exit 1"]
                file["services.app.restart"] = "no"
                file["services.app.depends_on"] = nil
            }
        ) { project in
            try await project.compose("create", "app")
            try await withThrowingTaskGroup { group in
                group.addTask { while !Task.isCancelled { try await project.docker("start", "\(project.name)-app-1") } }
                defer { group.cancelAll() }
                // Each has some one chance in four to ask in the moment that matters.
                for _ in 1...6 {
                    let watchdog = try await project.watch(prefix: self.withoutNamespaces)
                    try await Task.sleep(for: .seconds(1))
                    try await watchdog.stop()
                }
            }
        }
    }
}

extension LiveProject {
    /// Gives `app` the image it has, without curl.
    func buildWithoutCurl() async throws {
        try await self.rebuildApp("USER root\nRUN rm /usr/bin/curl\nUSER gammonguru")
    }
}
