import Support
import Testing

@Suite("an app that is broken for good", .idle)
struct BrokenForGoodTests {
    enum Flaw: String, CaseIterable, CustomTestStringConvertible {
        case exitsAtOnce = "exit"
        case neverHealthy = "sick"
        var testDescription: String { self == .exitsAtOnce ? "exits at once" : "is never healthy" }
    }

    /// Between one attempt and the next, as the contract has it; CI takes the first four.
    static let steps: [Double] = isFullLength ? [5, 10, 20, 40, 60, 60] : [5, 10, 20, 40]

    @Test(
        "gets an attempt after 5, 10, 20, 40, 60, 60 s (± 10 %), never in bursts and without end",
        arguments: Flaw.allCases)
    func backoff(flaw: Flaw) async throws {
        try await LiveProject.run(
            .faults, isStarted: false, { $0["services.app.environment.FAULT_AT_START"] = flaw.rawValue }
        ) { project in
            try await project.compose("up", "--detach")
            let watchdog = try await project.watch()
            let needed = Self.steps.count + 1
            // Until the first attempt 30 s of grace for a start may pass.
            let limit = Duration.seconds(60 + Self.steps.reduce(0, +) * 1.1)
            try await watchdog.journal.wait(for: "action", "app", count: needed, within: limit)
            let attempts = watchdog.journal.lines("action")
            #expect(attempts.allSatisfy { $0.service == "app" }, "\(watchdog.journal.text)")
            #expect(attempts.map { $0["attempt"] } == (1...attempts.count).map(String.init), "\(watchdog.journal.text)")
            let pauses = zip(attempts.dropFirst(), attempts).map { $0.time - $1.time }
            print("\(flaw): \(pauses.text)")
            // Docker's own restart policy tries too, and its try may be the one that comes up: an attempt that is due while
            // one is under way waits for its end, which takes a second or two where all tests want the processors.
            let wait = flaw == .exitsAtOnce ? 2.0 : 0
            for (pause, step) in zip(pauses, Self.steps) {
                let allowed = step * 0.9...step * 1.1 + wait
                #expect(allowed.contains(pause.inSeconds), "\(pauses.text)\n\(watchdog.journal.text)")
            }
            #expect(Set(watchdog.journal.lines.compactMap { $0["incident"] }) == ["1"], "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("healed").isEmpty, "\(watchdog.journal.text)")
            #expect(watchdog.child.ended == nil, "the watchdog must not give up")
            try await watchdog.stop()
        }
    }

    @Test("goes on with the same incident and backoff after the watchdog was killed with -9")
    func killedWatchdog() async throws {
        try await LiveProject.run(.faults, isStarted: false, { $0["services.app.environment.FAULT_AT_START"] = "sick" })
        { project in
            try await project.compose("up", "--detach")
            let first = try await project.watch(journal: "docker-health.txt")
            let second = try await first.journal.wait(for: "action", "app", count: 2, within: .seconds(75))
            try await Task.sleep(for: .seconds(2))
            try await first.killHard()

            let next = try await project.watch(journal: "docker-health.txt")
            let third = try await next.journal.wait(for: "action", "app", count: 3, within: .seconds(30))
            #expect(third["attempt"] == "3")
            #expect(third["incident"] == second["incident"])
            let pause = (third.time - second.time).inSeconds
            #expect((9...11).contains(pause), "10 s of backoff, not \(pause): \(next.journal.text)")
            #expect(next.journal.lines("action").count == 3)
            try await next.stop()
        }
    }
}
