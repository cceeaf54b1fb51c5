import Foundation
import Testing

@Suite("slow is not dead", .alone)
struct SlowTests {
    @Test("an app that hardly gets a processor, and answers in seconds, is not touched")
    func starved() async throws {
        try await LiveProject.run { project in
            let watchdog = try await project.watch()
            let before = try await project.container("app")
            // Two busy neighbours in its own container, and a hundredth of a processor for the three of them.
            for _ in 0..<2 {
                try await project.compose("exec", "-d", "app", "sh", "-c", "while :; do :; done")
            }
            try await project.docker("update", "--cpus", "0.02", project.name(of: "app"))
            var slowest = Duration.zero
            let end = ContinuousClock.now + .seconds(isFullLength ? 120 : 30)
            while ContinuousClock.now < end {
                let began = ContinuousClock.now
                _ = await ask("/health/live", port: project.port, within: .seconds(20))
                slowest = max(slowest, began.duration(to: .now))
                try await Task.sleep(for: .milliseconds(500))
            }
            print("slowest answer: \([slowest].text)")
            #expect(slowest > .seconds(1), "it did not starve, so this shows nothing")
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            #expect(try await project.container("app").started == before.started)
            try await project.docker("update", "--cpus", "2", project.name(of: "app"))
            try await project.waitUntilServing(within: .seconds(30))
            try await Task.sleep(for: .seconds(6))
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }
}
