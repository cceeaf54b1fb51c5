import Foundation
import Testing

@Suite("a database that is not well", .shared)
struct DatabaseTests {
    @Test(
        "is healed when its process is killed or frozen, app is not restarted, and /health is back",
        arguments: [Fault.databaseKilled, .databaseFrozen, .databaseFrozenWhole])
    func heals(fault: Fault) async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch()
            let app = try await project.container("app")
            // A frozen one is woken, so that it need not take the whole of its 30 s to stop.
            let time = try await project.timeToServeAgain(within: .seconds(25)) {
                try await fault.inject(into: project)
            }
            print("\(fault.rawValue): \([time].text)")
            if fault != .databaseKilled {
                let log = try await project.compose("logs", "--no-log-prefix", "db")
                #expect(!log.contains("was not properly shut down"), "it heard the stop signal, and stopped")
            }
            let story = try await watchdog.journal.waitUntilHealed("db", by: fault.remedy, within: .seconds(60))
            try await project.waitUntilServing(within: .seconds(5))
            try await self.expectLeftAlone(app, project, watchdog)
            for action in story where action.event == "action" { #expect(action["grace"] == "30s", "\(action)") }
            #expect(
                story.count { $0.event == "action" } == (fault == .databaseKilled ? 0 : 1), "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("that does not answer for longer than Docker's check may take loses no session by that check")
    func checkInTrouble() async throws {
        try await LiveProject.run(.shipped, { $0["services.db.healthcheck.timeout"] = "1s" }) { project in
            let sessions = try await self.sessions(in: project)
            #expect(!sessions.isEmpty)
            try await project.signal("db", SIGSTOP)
            try await eventually("a check to take too long", within: .seconds(20)) {
                let health = try await project.docker(
                    "inspect", "--format", "{{json .State.Health.Log}}", project.name(of: "db"))
                return health.contains("exceeded timeout")
            }
            // The check's own patience is 3 s.
            try await Task.sleep(for: .seconds(4))
            try await project.signal("db", SIGCONT)
            try await Task.sleep(for: .seconds(2))
            let log = try await project.compose("logs", "--no-log-prefix", "db")
            #expect(!log.contains("terminating any other active server processes"), "\(log.suffix(2_000))")
            #expect(try await self.sessions(in: project).isSuperset(of: sessions))
        }
    }

    /// The process ids, in the container, of the servers of app's connections.
    private func sessions(in project: LiveProject) async throws -> Set<String> {
        let query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        let text = try await project.compose(
            "exec", "-T", "db", "sh", "-c", #"psql -AtU "$POSTGRES_USER" -d "$POSTGRES_DB" -c "$1""#, "sh", query)
        return Set(text.split(separator: "\n").map(String.init))
    }

    @Test("is started again when it died and has no restart policy")
    func noRestartPolicy() async throws {
        try await LiveProject.run(.shipped, { $0["services.db.restart"] = "no" }) { project in
            let watchdog = try await project.watch()
            let app = try await project.container("app")
            let time = try await project.timeToServeAgain(within: .seconds(40)) {
                try await project.signal("db", SIGKILL)
            }
            print("db killed, no restart policy: \([time].text)")
            let story = try await watchdog.journal.waitUntilHealed("db", by: "action", within: .seconds(30))
            #expect(story.filter { $0.event == "action" }.map { $0["action"] } == ["start"], "\(watchdog.journal.text)")
            try await self.expectLeftAlone(app, project, watchdog)
            try await watchdog.stop()
        }
    }

    @Test("is restarted once with its full grace when Docker finds it unhealthy")
    func unhealthy() async throws {
        // A file of the container's shared memory, which a restart makes anew.
        let check = ["CMD-SHELL", "test ! -e /dev/shm/ill && pg_isready -h 127.0.0.1"]
        try await LiveProject.run(.shipped, { $0["services.db.healthcheck.test"] = check }) { project in
            let watchdog = try await project.watch()
            let app = try await project.container("app")
            try await project.compose("exec", "-T", "db", "touch", "/dev/shm/ill")
            let story = try await watchdog.journal.waitUntilHealed("db", by: "action", within: .seconds(60))
            let actions = story.filter { $0.event == "action" }
            #expect(actions.map { $0["action"] } == ["restart"] && actions.first?["grace"] == "30s", "\(actions)")
            try await project.waitUntilServing(within: .seconds(10))
            try await self.expectLeftAlone(app, project, watchdog)
            try await watchdog.stop()
        }
    }

    @Test("is left alone when a person stopped or killed it, which is said once", arguments: ["stop", "kill"])
    func stoppedByAPerson(command: String) async throws {
        try await LiveProject.run { project in
            // A sweep every 2 s: none of them may change the watchdog's mind.
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            let app = try await project.container("app")
            try await project.docker(command, project.name(of: "db"))
            let line = try await watchdog.journal.wait(for: "left_alone", "db", within: .seconds(10))
            #expect(line["reason"] == "stopped_by_a_person")
            try await Task.sleep(for: .seconds(20))
            #expect(watchdog.journal.lines("left_alone").count == 1, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("detected", "db").isEmpty, "\(watchdog.journal.text)")
            #expect(try await project.container("db").state == "exited")
            try await project.docker("start", project.name(of: "db"))
            try await project.waitUntilServing(within: .seconds(30))
            try await self.expectLeftAlone(app, project, watchdog)
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    private func expectLeftAlone(
        _ app: LiveProject.Container, _ project: LiveProject, _ watchdog: RunningWatchdog,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let now = try await project.container("app")
        #expect(now.started == app.started && now.id == app.id, "app was restarted", sourceLocation: sourceLocation)
        let actions = watchdog.journal.lines("action", "app")
        #expect(actions.isEmpty, "\(watchdog.journal.text)", sourceLocation: sourceLocation)
    }
}
