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
@Suite("bench", .serialized, .alone, .enabled(if: Wanted.results != nil))
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
                let story = try await watchdog.journal.waitUntilHealed(
                    fault.service, by: fault.remedy, within: .seconds(90))
                func time(of event: String) -> String {
                    story.first { $0.event == event }.map { String(format: "%.3f", ($0.time - began).inSeconds) } ?? "-"
                }
                try self.append([
                    fault.name, String(run), time(of: "detected"), time(of: fault.remedy), time(of: "action_succeeded"),
                    String(format: "%.3f", serving.inSeconds), time(of: "healed"),
                    String(story.count { $0.event == "action" }),
                ])
                try await watchdog.stop()
            }
        }
    }

    private func append(_ fields: [String]) throws {
        guard let path = Wanted.results else { return }
        let line = fields.joined(separator: "\t") + "\n"
        print(line, terminator: "")
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
    }
}

extension Fault {
    /// The case's own name, for a command line.
    var name: String { "\(self)" }
}
