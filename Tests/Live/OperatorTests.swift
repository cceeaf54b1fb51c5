import Foundation
import Support
import Testing

@Suite("an operator", .shared)
struct OperatorTests {
    @Test("pauses, which outlives the watchdog and is shown; resumes, and it is healed; reads what it was")
    func pause() async throws {
        try await StandIn.run { project in
            var watchdog = try await project.watch(journal: "health.txt")
            let log = ["LOG_FILE": "health.txt"]
            let paused = try await project.selfheal("pause", "app", "--for", "1h", "--reason", "a test", with: log)
            #expect(paused.code == 0, "\(paused.text)")
            try await StandIn.makeSick(project)
            try await watchdog.journal.wait(for: "left_alone", "app", within: .seconds(30))
            try await watchdog.killHard()
            watchdog = try await project.watch(journal: "health.txt")
            // Longer than it takes to confirm a failure.
            try await Task.sleep(for: .seconds(8))
            #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
            let status = try await project.selfheal("status", with: log)
            #expect(status.code == 1 && status.stdout.contains("PAUSED until"), "\(status.text)")
            #expect(status.stdout.contains("a test"))
            let refused = try await project.selfheal("heal", "app", with: log)
            #expect(refused.code == 16, "\(refused.text)")

            let resumed = try await project.selfheal("resume", with: log)
            #expect(resumed.code == 0, "\(resumed.text)")
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
            let history = try await project.selfheal("history", "--json", with: log)
            let json = try JSONSerialization.jsonObject(with: Data(history.stdout.utf8)) as? [String: Any]
            let incidents = try #require(json?["incidents"] as? [[String: Any]])
            #expect(incidents.count == 1)
            #expect(incidents.first?["outcome"] as? String == "healed")
            #expect(incidents.first?["actions"] as? Int == 1)
            // What would have been, had the watchdog waited for longer. A terminal that is closed ends it as well.
            try await watchdog.stop(by: SIGHUP)
            #expect(watchdog.journal.lines("watch_stopped").count == 1)
            let replay = try await project.selfheal(
                "replay", "health.txt", "--policy", "failure_threshold=4", "--policy", "failure_time_min=6s", "--json")
            #expect(replay.code == 0, "\(replay.text)")
            // None runs any more.
            let missing = try await project.selfheal("pause", with: log)
            #expect(missing.code == 9, "\(missing.text)")
        }
    }

    @Test("is told that a pause would not outlive the watchdog, where the journal can't be written")
    func pauseThatIsNotKept() async throws {
        try await StandIn.run { project in
            let logs = "\(project.folder)/logs"
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            let watchdog = try await project.watch(journal: "logs/health.txt")
            try FileManager.default.moveItem(atPath: logs, toPath: "\(logs).gone")
            let paused = try await project.selfheal("pause", "app")
            #expect(paused.code == 0 && paused.stdout.contains("The journal can't be written"), "\(paused.text)")
            try await watchdog.stop()
        }
    }

    @Test("removes the state folder, and the watchdog is the only one still and hears, or gives way to another")
    func removedState() async throws {
        try await StandIn.run { project in
            let often = ["INTERVAL_SECONDS": "1"]
            let watchdog = try await project.watch(with: often)
            try FileManager.default.removeItem(atPath: "\(project.folder)/.selfheal")
            try await eventually("the lock to be made anew", within: .seconds(10)) {
                watchdog.complaints.contains { $0.contains("made anew") }
            }
            let second = try await project.selfheal("watch")
            #expect(second.code == 3, "\(second.text)")
            let paused = try await project.selfheal("pause", "app")
            #expect(paused.code == 0, "\(paused.text)")
            // Another one is quicker.
            watchdog.child.signal(SIGSTOP)
            try FileManager.default.removeItem(atPath: "\(project.folder)/.selfheal")
            let other = try await project.watch(with: often)
            watchdog.child.signal(SIGCONT)
            #expect(try await watchdog.child.end(within: .seconds(20), "the first to end") == 3)
            #expect(watchdog.complaints.last?.contains("pid \(other.child.pid)") == true, "\(watchdog.complaints)")
            let resumed = try await project.selfheal("resume", "app")
            #expect(resumed.code == 0, "\(resumed.text)")
            try await other.stop()
        }
    }

    @Test("has healed what is bad without waiting for the backoff, and gets the proof; not what is well")
    func heal() async throws {
        try await StandIn.run { project in
            let watchdog = try await project.watch(journal: "health.txt")
            let log = ["LOG_FILE": "health.txt"]
            let well = try await project.selfheal("heal", "app", with: log)
            #expect(well.code == 16 && well.stderr.contains("app is well"), "\(well.text)")
            // Three attempts, so that the next wait is 20 s. What never answered since its start would be starting.
            for count in 1...3 {
                try await StandIn.makeSick(project)
                try await watchdog.journal.wait(for: "action_succeeded", "app", count: count, within: .seconds(60))
                try await watchdog.journal.wait(for: "recovered", "app", count: count, within: .seconds(30))
            }
            try await StandIn.makeSick(project)
            try await Task.sleep(for: .seconds(9))
            let third = try #require(watchdog.journal.lines("action", "app").last)
            let healed = try await project.selfheal("heal", "app", with: log, within: .seconds(90))
            #expect(healed.code == 0, "\(healed.text)")
            #expect(healed.stdout.contains("healing asked for by an operator"))
            let actions = watchdog.journal.lines("action", "app")
            try #require(actions.count == 4, "\(watchdog.journal.text)")
            #expect(actions[3].time - third.time < .seconds(20), "\(watchdog.journal.text)")
            #expect(watchdog.journal.lines("heal_asked", "app").count == 1)
            try await watchdog.stop()
        }
    }
}
