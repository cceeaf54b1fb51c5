import Foundation
import Testing

/// `selfheal watch` as a process of its own, as it runs for a person.
struct RunningWatchdog: Sendable {
    let child: Child
    let journal: Journal
    /// What it says to a terminal.
    let stdout: String
    let stderr: String

    var complaints: [Substring] { textOfFile(self.stderr).split(separator: "\n") }

    /// Ends it as a person or a service manager does.
    func stop(by signal: Int32 = SIGTERM) async throws {
        self.child.signal(signal)
        let code = try await self.child.end(within: .seconds(45), "the watchdog to stop")
        #expect(code == 0, "the watchdog ended with \(code): \(textOfFile(self.stderr))")
    }

    func killHard() async throws {
        self.child.signal(SIGKILL)
        _ = try await self.child.end(within: .seconds(5), "the watchdog to be gone")
    }

    /// Watches a while in which nothing may be done or be said to be wrong.
    func expectQuiet(for time: Duration, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await Task.sleep(for: time)
        for event in ["detected", "action", "stand_down", "engine_lost"] {
            let lines = self.journal.lines(event)
            #expect(lines.isEmpty, "the journal holds: \(lines)", sourceLocation: sourceLocation)
        }
        #expect(self.child.ended == nil, "the watchdog must live", sourceLocation: sourceLocation)
    }
}

extension LiveProject {
    /// Starts the watchdog and waits until it watches.
    ///
    /// - Parameters:
    ///   - words: what stands behind `watch`.
    ///   - journal: the name of its `LOG_FILE`; by default a new one, with which every incident is the first.
    ///   - variables: its settings, over the defaults.
    ///   - prefix: what starts it, such as `setpriv` with options.
    func watch(
        _ words: String..., journal: String? = nil, with variables: [String: String] = [:], prefix: [String] = []
    ) async throws -> RunningWatchdog {
        let number = String(UInt32.random(in: 0...UInt32.max), radix: 36)
        let name = journal ?? "docker-health-\(number).txt"
        let (stdout, stderr) = ("\(self.folder)/watch-\(number).out", "\(self.folder)/watch-\(number).err")
        var journal = Journal(path: "\(self.folder)/\(name)")
        let before = journal.lines("watch_started").count
        let child = try Child(
            prefix + [Live.selfheal, "watch"] + words,
            environment: self.environment.merging(["LOG_FILE": name]) { $1 }.merging(variables) { $1 },
            directory: self.folder, stdout: stdout, stderr: stderr)
        journal.writer = (child, stderr)
        let watchdog = RunningWatchdog(child: child, journal: journal, stdout: stdout, stderr: stderr)
        try await eventually("watch_started; stderr: \(textOfFile(stderr))", within: .seconds(20)) {
            if let code = child.ended { throw Trouble("the watchdog ended with \(code): \(textOfFile(stderr))") }
            return journal.lines("watch_started").count > before
        }
        // It says nothing of a probe that passes, and what never answered is given time to start: let two pulses pass.
        try await Task.sleep(for: .seconds(2))
        return watchdog
    }
}
