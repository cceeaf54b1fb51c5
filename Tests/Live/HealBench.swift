import Foundation
import Support
import Testing

/// What the script asks for.
private enum Wanted {
    private static let environment = ProcessInfo.processInfo.environment
    /// The file that gets one line per run.
    static let results = Self.environment["BENCH_RESULTS"]
    static let runs = Self.environment["BENCH_RUNS"].flatMap { Int($0) } ?? 5
    static let faults = Self.environment["BENCH_FAULTS"].map { names in
        Fault.allCases.filter { names.split(separator: ",").map(String.init).contains($0.name) }
    }
}

/// The measurement behind `bench/heal.sh`: no test, and skipped unless that script asks for it.
@Suite("heal bench", .serialized, .alone, .enabled(if: Wanted.results != nil))
struct HealBench {
    @Test("time from each fault to detection, action, service and proof", arguments: Wanted.faults ?? Fault.allCases)
    func measure(fault: Fault) async throws {
        for run in 1...Wanted.runs {
            try await LiveProject.run(.faults, isStarted: false, hasShippedHealthchecks: true) { project in
                try await project.compose("up", "--detach")
                try await project.waitUntilServing()
                let watchdog = try await project.watch()
                // Anywhere between two pulses.
                try await Task.sleep(for: .milliseconds(.random(in: 0..<1_000)))
                let began = Timestamp.now
                let serving = try await project.timeToServeAgain(fault.path, within: .seconds(120)) {
                    try await fault.inject(into: project)
                }
                // A proof takes as long as Docker's own next check: half a minute that is worth waiting for once.
                let end = run == 1 ? "healed" : "recovered"
                try await watchdog.journal.wait(for: end, fault.service, within: .seconds(90))
                let story = watchdog.journal.lines.filter { $0.service == fault.service }
                func time(of event: String) -> String {
                    story.first { $0.event == event }.map { String(format: "%.3f", ($0.time - began).inSeconds) } ?? "-"
                }
                let line = [
                    fault.name, String(run), time(of: "detected"), time(of: fault.remedy), time(of: "action_succeeded"),
                    String(format: "%.3f", serving.inSeconds), time(of: "healed"),
                    String(story.count { $0.event == "action" }),
                ]
                if let results = Wanted.results { try appendLine(line.joined(separator: "\t"), to: results) }
                try await watchdog.stop()
            }
        }
    }
}

extension Fault {
    /// The case's own name, for a command line.
    var name: String { "\(self)" }
}
