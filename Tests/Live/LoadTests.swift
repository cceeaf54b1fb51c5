import Foundation
import Testing

@Suite("health under load", .alone)
struct LoadTests {
    /// 30 minutes in full, 2 in CI.
    private let time = isFullLength ? 1_800 : 120

    @Test("costs no restart, under 2 KB of journal, under 0.2 % of one core and under 20 MB")
    func load() async throws {
        try await LiveProject.run(
            hasShippedHealthchecks: true,
            { file in file["services.app.environment.TRUSTED_PROXIES"] = Crowd.proxies }
        ) { project in
            let watchdog = try await project.watch()
            let before = [try await project.container("app"), try await project.container("db")]
            let (journalBefore, costBefore) = (
                watchdog.journal.text.utf8.count, try ProcessCost(of: watchdog.child.pid)
            )
            let began = ContinuousClock.now
            let output = try await Crowd.ask(
                "http://127.0.0.1:\(project.port)/health", connections: 16, seconds: self.time)
            let seconds = began.duration(to: .now).inSeconds
            let cost = try ProcessCost(of: watchdog.child.pid)
            let share = (cost.cpu - costBefore.cpu) / seconds
            print("\(output)watchdog: \(String(format: "%.3f", share * 100)) % of a core, \(cost.memory) kB")
            #expect(share < 0.002)
            #expect(cost.memory < 20_000)
            #expect(watchdog.journal.text.utf8.count - journalBefore < 2_000, "\(watchdog.journal.text)")
            try await watchdog.expectQuiet(for: .zero)
            let after = [try await project.container("app"), try await project.container("db")]
            #expect(after.map(\.started) == before.map(\.started))
            try await watchdog.stop()
        }
    }
}
