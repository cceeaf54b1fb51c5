import Foundation
import Support
import Testing

@Suite("what is kept of an incident", .shared)
struct EvidenceTests {
    @Test("E7: no secret, no broken line, whatever a service answers, logs and tells Docker; readable when it is gone")
    func redacted() async throws {
        try await StandIn.run { project in
            let watchdog = try await project.watch(journal: "health.txt")
            try await StandIn.makeSick(project)
            let began = ContinuousClock.now
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
            let action = try #require(watchdog.journal.lines("action").first)
            let done = try #require(watchdog.journal.lines("action_succeeded").first)
            // The capture's bound, the stop and the start.
            #expect(done.time - action.time < .seconds(6), "\(began.duration(to: .now)) \(watchdog.journal.text)")
            try await watchdog.stop()
            try await project.compose("down", "--timeout", "1")

            for line in watchdog.journal.text.split(separator: "\n") { #expect(line.utf8.count < 4_096) }
            #expect(!watchdog.journal.lines.isEmpty)
            let incidents = "\(project.folder)/.selfheal/incidents"
            let names = try FileManager.default.contentsOfDirectory(atPath: incidents)
            try #require(names.count == 1, "\(names); \(textOfFile(watchdog.stderr))")
            let folder = "\(incidents)/\(names[0])"
            var size = 0
            let files = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects as? [String])
            for file in files {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
                guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
                size += attributes[.size] as? Int ?? 0
                let text = textOfFile("\(folder)/\(file)")
                #expect(!text.isEmpty, "\(file)")
                #expect(!text.contains(StandIn.secret) && !text.contains(StandIn.token), "\(file) holds a secret")
            }
            #expect(size < 2_000_000)
            #expect(!watchdog.journal.text.contains(StandIn.token), "the journal holds a secret")
            let bundle = "\(folder)/action-1"
            #expect(textOfFile("\(bundle)/logs.txt").contains("my secret is [redacted]"))
            #expect(textOfFile("\(bundle)/processes.txt").contains("perl"))
            #expect(textOfFile("\(bundle)/host.txt").contains("MiB free"))
            #expect(textOfFile("\(bundle)/health.txt").contains("exit code"))
            let inspect = try JSONSerialization.jsonObject(with: Data(textOfFile("\(bundle)/inspect.json").utf8))
            let config = try #require((inspect as? [String: Any])?["Config"] as? [String: Any])
            #expect(config["Env"] == nil && config["Image"] as? String == StandIn.image)
            let report = textOfFile("\(folder)/report.md")
            #expect(
                report.hasPrefix("# Incident 1 of app in \(project.name)\n") && report.contains("- Outcome: healed"))
        }
    }

    @Test(
        "takes its 2 s at most where the engine never says what it is asked for; the act follows, and what was had is kept",
        arguments: [["logs"], ["json", "logs"]])
    func hungEngine(pages: [String]) async throws {
        try await StandIn.run { project in
            let proxy = try FaultyEngineProxy(in: project.folder, .init())
            defer { proxy.close() }
            let watchdog = try await project.watch(with: ["DOCKER_HOST": "unix://\(proxy.path)"])
            // Before the line of the action is written the watchdog looks whether it is right to act.
            let journal = watchdog.journal
            proxy.hang(pages) { !journal.lines("action").isEmpty }
            try await StandIn.makeSick(project)
            try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
            let action = try #require(watchdog.journal.lines("action").first)
            let restart = try #require(proxy.restarts.first)
            // On a busy machine it may be half a second until the engine hears of it.
            let taken = restart - action.time
            #expect(.seconds(1)...(.milliseconds(2_500)) ~= taken, "\(taken) \(watchdog.journal.text)")
            #expect(watchdog.journal.lines("action").count == 1, "\(watchdog.journal.text)")
            try await watchdog.stop()
            let incidents = "\(project.folder)/.selfheal/incidents"
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: incidents).first)
            let bundle = "\(incidents)/\(name)/action-1"
            let isUnknown = pages.contains("json")
            let log = textOfFile("\(bundle)/logs.txt")
            #expect(log.hasPrefix(isUnknown ? "left out: " : "the engine does not give it: "), "\(log)")
            let inspect = textOfFile("\(bundle)/inspect.json")
            #expect(inspect.hasPrefix("the engine does not give it: ") == isUnknown, "\(inspect)")
            #expect(textOfFile("\(bundle)/processes.txt").contains("perl"))
        }
    }

    @Test("is passed over and said where its disk is full, and the healing is not held up")
    func fullDisk() async throws {
        try await StandIn.run { project in
            let folder = "\(project.folder)/.selfheal/incidents"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await must(["chmod", "700", "\(project.folder)/.selfheal"])
            try await must(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder])
            do {
                let watchdog = try await project.watch()
                try await StandIn.makeSick(project)
                try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
                try await watchdog.stop()
                #expect(watchdog.complaints.contains { $0.contains("evidence is lost") }, "\(watchdog.complaints)")
            } catch {
                _ = try? await must(["umount", "--lazy", folder])
                throw error
            }
            try await must(["umount", "--lazy", folder])
        }
    }

    @Test(
        "E11: where the data disk is full that is said, and nothing is restarted for it before there is room",
        arguments: [false, true])
    func fullDataDisk(isJudgedByDockerAlone: Bool) async throws {
        try await PrivateEngine.run(with: StandIn.image, diskSize: "800m") { engine in
            try await StandIn.run(on: engine) { project in
                // Without a health URL, one event is enough to act on, and it is the first that is heard of any trouble.
                let watchdog = try await isJudgedByDockerAlone ? project.watch("--all") : project.watch()
                let ballast = "\(engine.data)/ballast"
                if !isJudgedByDockerAlone { try await StandIn.makeSick(project) }
                // Writes until there is no room.
                _ = try await Live.run(["dd", "if=/dev/zero", "of=\(ballast)", "bs=1M"])
                if isJudgedByDockerAlone { try await StandIn.makeSick(project) }
                let trouble = try await watchdog.journal.wait(for: "host_trouble", within: .seconds(30))
                #expect(trouble["reason"]?.contains("full") == true, "\(watchdog.journal.text)")
                // Longer than it takes to confirm a failure, and than the first waits of the backoff.
                try await Task.sleep(for: .seconds(12))
                #expect(watchdog.journal.lines("action").isEmpty, "\(watchdog.journal.text)")
                #expect(watchdog.journal.lines("host_trouble").count == 1, "\(watchdog.journal.text)")
                unlink(ballast)
                try await watchdog.journal.waitUntilHealed("app", by: "action", within: .seconds(60))
                try await watchdog.stop()
            }
        }
    }

    @Test("E13: a watchdog that is told to end in the middle of a restart leaves no container stopped")
    func endInTheMiddle() async throws {
        try await StandIn.run(grace: 18, isDeaf: true) { project in
            let watchdog = try await project.watch(journal: "health.txt")
            let before = try await project.container("app")
            try await StandIn.makeSick(project)
            try await watchdog.journal.wait(for: "action", "app", within: .seconds(30))
            // Evidence is taken, at most for 2 s; then the stop signal is out and unheard. The kill is 18 s away from that,
            // and a watchdog that is told to end waits for 10.
            try await Task.sleep(for: .seconds(4))
            try await watchdog.stop()
            let stopped = try #require(watchdog.journal.lines("watch_stopped").last)
            #expect(stopped["actions_in_flight"] == "1", "\(watchdog.journal.text)")
            try await eventually("the container to run again", within: .seconds(40)) {
                let now = try await project.container("app")
                return now.state == "running" && now.started != before.started
            }
            // Who takes over finds it well, and does no more.
            let next = try await project.watch(journal: "health.txt")
            try await next.journal.wait(for: "healed", "app", within: .seconds(60))
            #expect(next.journal.lines("action").count == 1, "\(next.journal.text)")
            try await next.stop()
        }
    }
}
