import Testing

@Suite("what a person does", .shared)
struct PersonTests {
    /// Longer than it takes to confirm a failure, with several sweeps.
    private let quietTime = Duration.seconds(15)
    private let settings = ["INTERVAL_SECONDS": "2"]

    @Test("to stop app is respected and said once, and so is the start afterwards")
    func stop() async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch(with: self.settings)
            try await project.compose("stop", "app")
            let line = try await watchdog.journal.wait(for: "left_alone", "app", within: .seconds(10))
            #expect(line["reason"] == "stopped_by_a_person")
            try await watchdog.expectQuiet(for: self.quietTime)
            #expect(try await project.container("app").state == "exited")
            #expect(watchdog.journal.lines("left_alone").count == 1, "\(watchdog.journal.text)")

            try await project.compose("start", "app")
            let started = try await project.container("app").started
            try await project.waitUntilHealthy("app")
            try await watchdog.expectQuiet(for: .seconds(8))
            #expect(try await project.container("app").started == started)
            try await watchdog.stop()
        }
    }

    @Test("to stop app before the watchdog began is respected too")
    func stoppedBefore() async throws {
        try await LiveProject.run { project in
            try await project.compose("stop", "app")
            let watchdog = try await project.watch(with: self.settings)
            try await watchdog.expectQuiet(for: self.quietTime)
            #expect(try await project.container("app").state == "exited")
            try await watchdog.stop()
        }
    }

    @Test("to pause app is respected, and so is the end of the pause")
    func pause() async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch(with: self.settings)
            let before = try await project.container("app")
            try await project.compose("pause", "app")
            let line = try await watchdog.journal.wait(for: "left_alone", "app", within: .seconds(10))
            #expect(line["reason"] == "paused_by_a_person")
            try await watchdog.expectQuiet(for: self.quietTime)
            #expect(try await project.container("app").state == "paused")
            try await project.compose("unpause", "app")
            try await project.waitUntilHealthy("app")
            try await watchdog.expectQuiet(for: .seconds(8))
            #expect(try await project.container("app").started == before.started)
            #expect(watchdog.journal.lines("left_alone").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test(
        "to restart or recreate it is neither answered nor called an incident",
        arguments: [
            ["restart"], ["restart", "app"], ["up", "--detach", "--force-recreate"],
        ])
    func restart(words: [String]) async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch(with: self.settings)
            let before = try await project.container("app")
            try await must(
                ["docker", "compose", "-f", LiveProject.composeFile] + words, environment: project.environment,
                directory: project.folder, within: .seconds(90))
            let after = try await project.container("app")
            #expect(after.started != before.started)
            try await project.waitUntilHealthy("app")
            try await watchdog.expectQuiet(for: self.quietTime)
            #expect(try await project.container("app").started == after.started)
            #expect(watchdog.journal.lines("left_alone").isEmpty, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("to take the project down is respected, and it is watched again when it is back")
    func down() async throws {
        try await LiveProject.run(.faults) { project in
            let watchdog = try await project.watch(with: self.settings)
            try await project.compose("down")
            try await watchdog.expectQuiet(for: self.quietTime)
            let left = try await project.docker(
                "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=\(project.name)")
            #expect(left.isEmpty)
            try await project.up()
            try await watchdog.expectQuiet(for: .seconds(8))
            try await project.throwSwitch("sick")
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(40))
            try await watchdog.stop()
        }
    }
}
