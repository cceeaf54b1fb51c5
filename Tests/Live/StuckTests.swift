import Testing

@Suite("an app that runs and does not serve", .serialized, .alone)
struct StuckTests {
    @Test(
        "serves again within 8 s (median of 5) after one restart, and that is proven",
        arguments: [Fault.frozen, .spinning, .hanging, .sick])
    func heals(fault: Fault) async throws {
        try await LiveProject.run(.faults) { project in
            var times: [Duration] = []
            for _ in 1...5 {
                let watchdog = try await project.watch()
                // Anywhere between two pulses.
                try await Task.sleep(for: .milliseconds(.random(in: 0..<1_000)))
                times.append(
                    try await project.timeToServeAgain(fault.path, within: .seconds(40)) {
                        try await fault.inject(into: project)
                    })
                let story = try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(40))
                #expect(story.count { $0.event == "action" } == 1, "\(watchdog.journal.text)")
                #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
                try await project.waitUntilServing(within: .seconds(5))
                try await watchdog.stop()
            }
            print("\(fault.rawValue): \(times.text)")
            #expect(times.median <= .seconds(8), "\(times.text)")
        }
    }
}
