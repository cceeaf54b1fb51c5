import Foundation
import Testing

@Suite("a watchdog that can't begin", .shared)
struct StartTests {
    /// What is wrong, how that is said, and the exit code.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let settings: [String: String]
        let words: [String]
        let code: Int32

        init(_ name: String, _ settings: [String: String], says words: [String], code: Int32) {
            self.testDescription = name
            self.settings = settings
            self.words = words
            self.code = code
        }
    }

    static let mistakes = [
        Mistake("a malformed INTERVAL_SECONDS", ["INTERVAL_SECONDS": "soon"], says: ["INTERVAL_SECONDS"], code: 2),
        Mistake("no engine", ["DOCKER_HOST": "unix:///nowhere/docker.sock"], says: ["/nowhere/docker.sock"], code: 4),
        Mistake("a missing compose file", ["COMPOSE_FILE": "nothing.yml"], says: ["nothing.yml"], code: 5),
        Mistake("a wrong SERVICE_NAME", ["SERVICE_NAME": "web"], says: ["web", "app, db"], code: 6),
        Mistake("an unwritable LOG_FILE", ["LOG_FILE": "/nowhere/journal.txt"], says: ["LOG_FILE"], code: 7),
    ]

    @Test("says in one line what is wrong and what to do, ends with the right code, and restarts nothing")
    func mistakes() async throws {
        try await LiveProject.run { project in
            let before = [try await project.container("app"), try await project.container("db")]
            for mistake in Self.mistakes {
                let output = try await project.selfheal("watch", with: mistake.settings, within: .seconds(30))
                #expect(output.code == mistake.code, "\(mistake.testDescription): \(output.text)")
                #expect(output.complaints.count == 1, "\(mistake.testDescription): \(output.stderr)")
                for word in mistake.words {
                    #expect(output.stderr.contains(word), "\(mistake.testDescription): \(output.stderr)")
                }
                #expect(textOfFile("\(project.folder)/docker-health.txt").isEmpty)
            }
            let after = [try await project.container("app"), try await project.container("db")]
            #expect(after == before)
        }
    }

    @Test(
        "E2: because the engine takes connections and never answers gives up in time",
        arguments: [["watch"], ["status"], ["explain", "app"], ["drill", "--only", "killed"]])
    func mute(words: [String]) async throws {
        try await LiveProject.run(isStarted: false) { project in
            let proxy = try FaultyEngineProxy(in: project.folder, .init(isMute: true))
            defer { proxy.close() }
            let output = try await project.selfheal(
                words: words, with: ["DOCKER_HOST": "unix://\(proxy.path)"], within: .seconds(25))
            #expect(output.code == 4 && output.stderr.contains("in time"), "\(output.text)")
        }
    }

    @Test("because another one watches names that one's pid and ends with 3; the first goes on")
    func second() async throws {
        try await LiveProject.run(isStarted: false) { project in
            let first = try await project.watch()
            let output = try await project.selfheal("watch", within: .seconds(20))
            #expect(output.code == 3, "\(output.text)")
            #expect(output.complaints.count == 1 && output.stderr.contains(String(first.child.pid)), "\(output.stderr)")
            #expect(first.child.ended == nil)

            // The lock goes with its holder, however that ends.
            try await first.killHard()
            let next = try await project.watch()
            try await next.stop()
        }
    }
}

@Suite("selfheal status", .shared)
struct StatusTests {
    @Test("tells the project's state and the watchdog's pid, with the exit code of it")
    func status() async throws {
        try await LiveProject.run { project in
            let without = try await project.selfheal("status", with: ["LOG_FILE": "journal.txt"])
            #expect(without.code == 0 && without.stdout.contains("NOT RUNNING"), "\(without.text)")
            let watchdog = try await project.watch(journal: "journal.txt")
            let well = try await project.selfheal("status", "--json", with: ["LOG_FILE": "journal.txt"])
            #expect(well.code == 0, "\(well.text)")
            let report = try JSONSerialization.jsonObject(with: Data(well.stdout.utf8)) as? [String: Any]
            #expect(report?["watchdog"] as? Int == Int(watchdog.child.pid))
            let verdicts = (report?["services"] as? [[String: Any]])?.compactMap { $0["verdict"] as? String }
            #expect(verdicts == ["well", "well"], "\(well.stdout)")
            try await project.compose("stop", "app")
            try await watchdog.journal.wait(for: "left_alone", "app", within: .seconds(10))
            let ill = try await project.selfheal("status", with: ["LOG_FILE": "journal.txt"])
            #expect(ill.code == 1 && ill.stdout.contains("stopped_by_a_person"), "\(ill.text)")
            try await watchdog.stop()
        }
    }
}
