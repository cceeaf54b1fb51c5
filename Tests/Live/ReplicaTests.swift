import Foundation
import Support
import Testing

/// Judged by what the engine tells of its own accord, not by what the watchdog writes.
@Suite("two replicas of a service", .shared)
struct ReplicaTests {
    enum Illness: String, CaseIterable, CustomTestStringConvertible {
        case frozen, sick
        var testDescription: String { self.rawValue }
    }

    @Test("that are both bad are restarted one after the other, once each", arguments: Illness.allCases)
    func bothBad(illness: Illness) async throws {
        // Each takes its time to stop, so that two at once would overlap.
        try await self.pair("stop3") { project, events in
            let watchdog = try await project.watch()
            for replica in 1...2 {
                switch illness {
                case .frozen: try await project.freeze(replica)
                case .sick: try await project.touch("/dev/shm/ill", in: replica)
                }
            }
            try await watchdog.journal.wait(for: "healed", "app", count: 2, within: .seconds(90))
            let restarts = events.restarts
            try #require(restarts.count == 2, "\(events.text)")
            #expect(Set(restarts.map(\.container)) == [project.replica(1), project.replica(2)])
            #expect(restarts[0].ended <= restarts[1].began, "\(events.text)")
            try await watchdog.stop()
        }
    }

    @Test("of which one is frozen: the other, which serves and is ill only for Docker, waits until the first serves")
    func lastThatServes() async throws {
        let start = 6
        try await self.pair("slow\(start)") { file in
            // Nobody but Docker sees it: the health URL goes on answering.
            file["services.app.healthcheck.test"] = [
                "CMD-SHELL", "test ! -e /dev/shm/odd && curl -fsS http://localhost:3000/health/internal",
            ]
            file["services.app.healthcheck.retries"] = 1
            file["services.app.healthcheck.start_period"] = "30s"
        } _: { project, events in
            let watchdog = try await project.watch()
            try await project.freeze(1)
            try await watchdog.journal.wait(for: "detected", "app", within: .seconds(30))
            try await project.touch("/dev/shm/odd", in: 2)
            try await watchdog.journal.wait(for: "healed", "app", count: 2, within: .seconds(90))
            try self.expectTurns(events, project, start: start)
            // It was known to be bad long before.
            let detected = try self.lineOfSecond("detected", watchdog)
            let action = try self.lineOfSecond("action", watchdog)
            #expect(action.time - detected.time >= .seconds(2), "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("that are to be restarted with their dependency: the second serves until the first does again")
    func withDependency() async throws {
        let start = 4
        try await self.pair("slow\(start)", and: ["base"]) { file in
            file["services.app.depends_on"] = [
                "base": ["condition": "service_healthy", "restart": true] as [String: Any]
            ]
            file["services.app.healthcheck.start_period"] = "30s"
        } _: { project, events in
            let watchdog = try await project.watch("--all")
            try await project.docker("exec", project.name(of: "base"), "touch", "/dev/shm/ill")
            try await watchdog.journal.wait(for: "healed", "app", count: 2, within: .seconds(90))
            try self.expectTurns(events, project, start: start)
            try await watchdog.stop()
        }
    }

    private func lineOfSecond(_ event: String, _ watchdog: RunningWatchdog) throws -> Journal.Line {
        let lines = watchdog.journal.lines(event, "app").filter { $0["replica"] == "2" }
        return try #require(lines.first, "\(watchdog.journal.text)")
    }

    /// The second is told to stop no sooner than the first may serve, which takes `start` seconds from its start.
    private func expectTurns(_ events: EngineEvents, _ project: LiveProject, start: Int) throws {
        let replicas = [project.replica(1), project.replica(2)]
        let restarts = events.restarts.filter { replicas.contains($0.container) }
        try #require(restarts.map(\.container) == replicas, "\(events.text)")
        // The engine tells of a start a moment after it.
        #expect(restarts[1].began - restarts[0].ended >= .seconds(start) - .milliseconds(200), "\(events.text)")
    }

    /// Two replicas of a small server in `mode`, healthy, and what the engine tells of them from then on.
    private func pair(
        _ mode: String, and others: [String] = [], _ edit: (inout ComposeFile) -> Void = { _ in },
        _ body: (LiveProject, EngineEvents) async throws -> Void
    ) async throws {
        try await DeployFixture.run(services: ["app"] + others, environment: ["APP_MODE": mode]) { file in
            // A port has one owner.
            file["services.app.ports"] = nil
            file["services.app.deploy"] = ["replicas": 2]
            edit(&file)
        } _: { project in
            try await project.compose(
                "up", "--detach", "--build", "--wait", "--wait-timeout", "60", within: .seconds(180))
            let events = try EngineEvents(of: project)
            let result: Result<Void, any Error>
            do { result = .success(try await body(project, events)) } catch { result = .failure(error) }
            await events.end()
            try result.get()
        }
    }
}

extension LiveProject {
    fileprivate func replica(_ number: Int) -> String { "\(self.name)-app-\(number)" }

    fileprivate func touch(_ path: String, in replica: Int) async throws {
        try await self.docker("exec", self.replica(replica), "touch", path)
    }

    /// Past the engine.
    fileprivate func freeze(_ replica: Int) async throws {
        let pid = try await self.docker("inspect", "--format", "{{.State.Pid}}", self.replica(replica))
        // 0 and -1 would stand for many others.
        guard let pid = pid_t(pid.filter(\.isNumber)), pid > 1, kill(pid, SIGSTOP) == 0 else {
            throw Trouble("no process of \(self.replica(replica)) to freeze")
        }
    }
}

/// What the engine tells of a project's containers, as it happens: it keeps only the last 256 events of all.
private struct EngineEvents {
    struct Restart {
        let container: String
        /// When it was told to stop, and when it ran again; of the engine's clock.
        let began: Duration
        let ended: Duration
    }

    private let child: Child
    private let path: String

    var text: String { textOfFile(self.path) }

    init(of project: LiveProject) throws {
        self.path = "\(project.folder)/events.txt"
        self.child = try Child(
            [
                "docker", "events", "--filter", "label=com.docker.compose.project=\(project.name)", "--filter",
                "event=kill", "--filter", "event=start", "--format",
                "{{.TimeNano}} {{.Action}} {{.Actor.Attributes.name}}",
            ], environment: project.environment, directory: project.folder, stdout: self.path, stderr: self.path)
    }

    /// In the order of their beginnings; one that has not ended yet is left out.
    var restarts: [Restart] {
        var begun: [String: Duration] = [:]
        var restarts: [Restart] = []
        for line in self.text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, let time = Int64(words[0]).map(Duration.nanoseconds) else { continue }
            if words[1] == "start", let began = begun.removeValue(forKey: words[2]) {
                restarts.append(Restart(container: words[2], began: began, ended: time))
            } else if words[1] == "kill", begun[words[2]] == nil {
                begun[words[2]] = time
            }
        }
        return restarts.sorted { $0.began < $1.began }
    }

    func end() async { await self.child.destroy() }
}
