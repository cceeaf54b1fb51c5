import Testing

@Suite("an app whose process ends by itself", .shared)
struct CrashTests {
    @Test(
        "is brought back by Docker's own policy, which the watchdog records without adding a restart",
        arguments: [Fault.killed, .exitsWell, .exitsBadly])
    func crash(fault: Fault) async throws {
        try await LiveProject.run(.faults) { project in
            let watchdog = try await project.watch()
            let before = try await project.container("app")
            let time = try await project.timeToServeAgain(within: .seconds(20)) {
                try await fault.inject(into: project)
            }
            print("\(fault.rawValue): \([time].text)")
            try await watchdog.journal.waitUntilHealed("app", by: "restarted_by_engine", within: .seconds(30))
            let after = try await project.container("app")
            #expect(after.id == before.id && after.started != before.started)
            // Should a restart be coming, it comes within the time that confirms a failure.
            try await Task.sleep(for: .seconds(8))
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            #expect(try await project.container("app") == after)
            #expect(watchdog.journal.lines("detected").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }
}
