import Foundation
import Support
import Testing

/// What today's tools get wrong, by the numbers of the list of cases. Small servers stand for the service.
@Suite("cases that today's tools fail", .shared)
struct CoreCasesTests {
    /// A project of one small server in `mode`, up and watched.
    private func watching(
        _ mode: String = "good", isHealthy: Bool = true, with variables: [String: String] = [:],
        _ edit: @escaping (inout ComposeFile) -> Void = { _ in },
        _ body: (LiveProject, RunningWatchdog) async throws -> Void
    ) async throws {
        try await DeployFixture.run(environment: ["APP_MODE": mode]) { file in
            edit(&file)
        } _: { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            if isHealthy { try await project.waitUntilHealthy("app") }
            let watchdog = try await project.watch(with: variables)
            try await body(project, watchdog)
            try await watchdog.stop()
        }
    }

    /// Answers 503 until it is restarted.
    private func sicken(_ project: LiveProject, _ service: String = "app") async throws {
        try await project.compose("exec", "-T", service, "touch", "/dev/shm/ill")
    }

    @Test("A0: a healthy container that Compose named is never restarted")
    func a0() async throws {
        try await self.watching { project, watchdog in
            let before = try await project.container("app")
            #expect(before.health == "healthy")
            try await watchdog.expectQuiet(for: .seconds(isFullLength ? 600 : 30))
            #expect(try await project.container("app") == before)
        }
    }

    @Test("a container that has just started is asked each second, and one whose interval is set as often as that says")
    func cadence() async throws {
        func asked(_ project: LiveProject) async throws -> Int {
            let askers = try await project.compose("exec", "-T", "app", "cat", "/dev/shm/askers")
            return askers.split(separator: "\n").count { $0 == "selfheal" }
        }
        try await self.watching { project, _ in
            let before = try await asked(project)
            try await Task.sleep(for: .seconds(12))
            #expect(try await asked(project) - before >= 8)
        }
        try await self.watching { file in
            file["services.app.labels"] = ["selfheal.interval": "4s"]
        } _: { project, _ in
            let before = try await asked(project)
            try await Task.sleep(for: .seconds(12))
            #expect((2...5).contains(try await asked(project) - before))
        }
    }

    @Test("A13: after a restart that takes long to serve, it has recovered when it serves, and not before")
    func a13() async throws {
        let start = isFullLength ? 20 : 12
        try await self.watching("slow\(start)") { file in
            file["services.app.healthcheck.start_period"] = "40s"
        } _: { project, watchdog in
            try await self.sicken(project)
            let acted = try await watchdog.journal.wait(for: "action", "app", within: .seconds(30))
            let recovered = try await watchdog.journal.wait(for: "recovered", "app", within: .seconds(60))
            #expect((recovered.time - acted.time).inSeconds >= Double(start), "\(watchdog.journal.text)")
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(30))
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
        }
    }

    @Test("B2, B7: bad again soon after it was healed, in a container made anew: the backoff goes on")
    func b2() async throws {
        try await self.watching { project, watchdog in
            try await self.sicken(project)
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(60))
            let before = try await project.container("app")
            try await project.compose("up", "--detach", "--force-recreate", "app", within: .seconds(120))
            try await project.waitUntilHealthy("app")
            #expect(try await project.container("app").id != before.id)
            try await self.sicken(project)
            try await eventually("a second action; \(watchdog.journal.text)", within: .seconds(60)) {
                watchdog.journal.lines("action").count == 2
            }
            let actions = watchdog.journal.lines("action")
            #expect(actions.map { $0["attempt"] } == ["1", "2"] && actions.last?["backoff"] == "10s")
            #expect((actions[1].time - actions[0].time).inSeconds >= 5, "\(watchdog.journal.text)")
        }
    }

    @Test("B3: health that comes and goes every 5 s is named flapping and paced by the backoff")
    func b3() async throws {
        try await self.watching("flap", isHealthy: false) { file in
            // Docker needs a longer row than there is.
            file["services.app.healthcheck.retries"] = 20
        } _: { project, watchdog in
            let flapping = try await eventually("flapping; \(watchdog.journal.text)", within: .seconds(120)) {
                watchdog.journal.lines("detected").first { $0["cause"] == "flapping" }
            }
            try await Task.sleep(for: .seconds(isFullLength ? 300 : 20))
            let actions = watchdog.journal.lines("action")
            #expect(!actions.isEmpty)
            for (one, next) in zip(actions, actions.dropFirst()) {
                let backoff = Double((one["backoff"] ?? "").dropLast()) ?? 60
                #expect((next.time - one.time).inSeconds >= backoff - 0.1, "\(watchdog.journal.text)")
            }
            #expect(flapping["evidence"] != nil)
        }
    }

    @Test("B8: a boot within its start period is not touched, however long")
    func b8() async throws {
        let boot = isFullLength ? 90 : 25
        try await self.watching("slow\(boot)", isHealthy: false) { file in
            file["services.app.healthcheck.start_period"] = "\(boot * 2)s"
        } _: { project, watchdog in
            let before = try await project.container("app")
            try await project.waitUntilHealthy("app", within: .seconds(boot + 30))
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            #expect(try await project.container("app").started == before.started)
        }
    }

    @Test("B9: a start period that is too short costs one restart at most; then it is said which one is needed")
    func b9() async throws {
        try await self.watching("slow35", isHealthy: false) { file in
            file["services.app.healthcheck.start_period"] = "5s"
        } _: { project, watchdog in
            let said = try await watchdog.journal.wait(for: "start_period_too_short", "app", within: .seconds(100))
            #expect(said["needs"] == "50s", "\(said)")
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
        }
    }

    @Test("B17: a stop that takes long within its grace is one restart, reported as success")
    func b17() async throws {
        let stop = isFullLength ? 45 : 14
        try await self.watching("stop\(stop)") { file in
            file["services.app.stop_grace_period"] = "\(stop + 15)s"
        } _: { project, watchdog in
            try await self.sicken(project)
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(stop + 60))
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action_succeeded").count == 1, "\(watchdog.journal.text)")
        }
    }

    @Test("B19: a wrong probe URL on a service that serves costs three restarts at most; then the probe is blamed")
    func b19() async throws {
        let wrong = ["HEALTH_URL": "http://localhost:3000/nowhere"]
        try await self.watching(with: wrong) { project, watchdog in
            let blamed = try await watchdog.journal.wait(for: "probe_at_fault", "app", within: .seconds(240))
            #expect(blamed["probe"] == "own")
            let actions = watchdog.journal.lines("action").count
            #expect(actions <= 3, "\(watchdog.journal.text)")
            try await Task.sleep(for: .seconds(isFullLength ? 120 : 15))
            #expect(watchdog.journal.lines("action").count == actions, "\(watchdog.journal.text)")
            #expect(await ask("/health", port: project.port) == 200)
        }
    }

    @Test("C2: who does not come back by itself after its database is restarted once, when that one is healthy")
    func c2() async throws {
        try await DeployFixture.run(services: ["app", "db"], environment: ["APP_MODE": "lost"]) { file in
            file["services.app.depends_on"] = ["db": ["condition": "service_healthy"]]
        } _: { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let watchdog = try await project.watch()
            try await self.sicken(project, "db")
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(120))
            let actions = watchdog.journal.lines("action")
            #expect(actions.map(\.service) == ["db", "app"], "\(watchdog.journal.text)")
            let healthy = try #require(watchdog.journal.lines("healed", "db").first)
            #expect(actions.last.map { $0.time >= healthy.time } == true, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("held", "app").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("A9: who turns unhealthy between the list and the stream of events, while five others are ill, is healed")
    func a9() async throws {
        let others = (1...5).map { "s\($0)" }
        try await DeployFixture.run(services: ["app"] + others) { file in
            for service in others {
                file["services.\(service).build"] = nil
                file["services.\(service).image"] = (file["name"] as? String).map { "\($0)-app" }
                file["services.\(service).environment"] = ["MODE": "stop3"]
            }
            // Nobody but Docker sees it: the health URL goes on answering.
            file["services.app.healthcheck.test"] = ["CMD-SHELL", "test ! -e /dev/shm/odd"]
            file["services.app.healthcheck.retries"] = 1
        } _: { project in
            try await project.compose("build", within: .seconds(180))
            try await project.compose("up", "--detach", "--pull", "never", within: .seconds(120))
            for service in ["app"] + others { try await project.waitUntilHealthy(service) }
            for service in others { try await self.sicken(project, service) }
            for service in others {
                try await eventually("\(service) to be unhealthy", within: .seconds(30)) {
                    try await project.container(service).health == "unhealthy"
                }
            }
            let proxy = try FaultyEngineProxy(in: project.folder, .init(eventStreamDelay: .seconds(8)))
            defer { proxy.close() }
            // No sweep helps.
            let watchdog = try await project.watch(
                "--all", with: ["DOCKER_HOST": "unix://\(proxy.path)", "INTERVAL_SECONDS": "3600"])
            try await project.compose("exec", "-T", "app", "touch", "/dev/shm/odd")
            try await eventually("all to be healed; \(watchdog.journal.text)", within: .seconds(90)) {
                Set(watchdog.journal.lines("healed").compactMap(\.service)).isSuperset(of: ["app"] + others)
            }
            #expect(watchdog.journal.lines("action", "app").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("C3: who is to be restarted with its dependency is, once, when that is healed, and not before")
    func c3() async throws {
        try await DeployFixture.run(services: ["app", "base"]) { file in
            let terms: [String: Any] = ["condition": "service_healthy", "restart": true]
            file["services.app.depends_on"] = ["base": terms]
            for service in ["app", "base"] { file["services.\(service).healthcheck.interval"] = "1s" }
        } _: { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            for service in ["app", "base"] { try await project.waitUntilHealthy(service) }
            let watchdog = try await project.watch("--all")
            try await self.sicken(project, "base")
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(90))
            let base = try #require(watchdog.journal.lines("recovered", "base").first)
            let actions = watchdog.journal.lines("action")
            #expect(actions.compactMap(\.service) == ["base", "app"], "\(watchdog.journal.text)")
            #expect(actions.last.map { $0.time >= base.time } == true, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("detected", "app").first?["cause"] == "dependency_restarted")
            try await Task.sleep(for: .seconds(5))
            #expect(watchdog.journal.lines("action").count == 2, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("B14: nine dependencies ill at once that ignore SIGTERM: said once, and no mass restart")
    func b14() async throws {
        let others = (1...9).map { "s\($0)" }
        try await DeployFixture.run(services: ["app"] + others) { file in
            file["services.app.depends_on"] = Dictionary(
                uniqueKeysWithValues: others.map { ($0, ["condition": "service_started"]) })
            for service in others {
                // One image is enough.
                file["services.\(service).build"] = nil
                file["services.\(service).image"] = (file["name"] as? String).map { "\($0)-app" }
                file["services.\(service).environment"] = ["MODE": "stop30"]
                file["services.\(service).stop_grace_period"] = "2s"
                file["services.\(service).healthcheck.interval"] = "2s"
            }
        } _: { project in
            try await project.compose("build", within: .seconds(180))
            try await project.compose("up", "--detach", "--pull", "never", within: .seconds(120))
            for service in others { try await project.waitUntilHealthy(service) }
            let watchdog = try await project.watch()
            for service in others { try await self.sicken(project, service) }
            try await eventually("all to be healed; \(watchdog.journal.text)", within: .seconds(120)) {
                Set(watchdog.journal.lines("healed").compactMap(\.service)).isSuperset(of: others)
            }
            #expect(watchdog.journal.lines("host_trouble").count == 1, "\(watchdog.journal.text)")
            // How many were being restarted at once.
            var (running, most) = (0, 0)
            for line in watchdog.journal.lines {
                if line.event == "action" { running += 1 }
                if line.event == "action_succeeded" || line.event == "action_failed" { running -= 1 }
                most = max(most, running)
            }
            #expect(most <= 6, "\(most) at once\n\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("A10: a restart that the engine answers with 500 is tried again")
    func a10() async throws {
        try await DeployFixture.run { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let proxy = try FaultyEngineProxy(in: project.folder, .init(restartsToFail: 1))
            defer { proxy.close() }
            let watchdog = try await project.watch(with: ["DOCKER_HOST": "unix://\(proxy.path)"])
            try await self.sicken(project)
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(60))
            #expect(proxy.counts.failed == 1)
            #expect(watchdog.journal.lines("action_failed").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action").count == 2, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("E4: an event stream that is cut every 2 s loses nothing and doubles nothing: healed exactly once")
    func e4() async throws {
        try await DeployFixture.run { project in
            try await project.compose("up", "--detach", "--build", within: .seconds(180))
            try await project.waitUntilHealthy("app")
            let proxy = try FaultyEngineProxy(in: project.folder, .init(eventStreamLife: .seconds(2)))
            defer { proxy.close() }
            let watchdog = try await project.watch(with: ["DOCKER_HOST": "unix://\(proxy.path)"])
            try await self.sicken(project)
            try await watchdog.journal.wait(for: "healed", "app", within: .seconds(60))
            try await Task.sleep(for: .seconds(10))
            #expect(proxy.counts.cut >= 3)
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("healed").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }
}
