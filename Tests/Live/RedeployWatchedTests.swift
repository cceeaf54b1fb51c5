import Foundation
import Testing

/// A deploy and a watchdog beside it.
@Suite("redeploy, watched", .shared)
struct RedeployWatchedTests {
    @Test("what gets ill soon after a deploy is linked to it, and a deploy that changes nothing ends no incident")
    func linked() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let watchdog = try await project.watch(journal: "docker-health.txt", with: ["INTERVAL_SECONDS": "2"])
            #expect(try await project.deploy(with: ["COMMIT": "c2"]).code == 0)
            let deploy = try #require(try project.deploys().max())
            try await project.docker("exec", project.name(of: "app"), "touch", "/tmp/ill")
            let detected = try await watchdog.journal.wait(for: "detected", within: .seconds(120))
            #expect(detected["deploy"] == deploy, "\(watchdog.journal.text)")
            let history = try await project.selfheal("deploys")
            #expect(history.stdout.contains("in the hour after it: incident #1"), "\(history.text)")
            // What is wanted runs, and is ill: there is nothing that this deploy could change.
            #expect(try await project.deploy(with: ["COMMIT": "c2"]).code == 10)
            #expect(watchdog.journal.lines("stand_down").isEmpty, "\(watchdog.journal.text)")
            try await watchdog.stop()
        }
    }

    @Test("a watchdog never interferes, takes a deploy that was killed to its end by itself, and lets one deploy again")
    func watchdogRecovers() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let before = try await project.allContainers()
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            let child = try Child(
                [Live.selfheal, "redeploy", "--probation=120"],
                environment: project.environment.merging(["COMMIT": "c2"]) { $1 }, directory: project.folder,
                stdout: "\(project.folder)/killed.out", stderr: "\(project.folder)/killed.err")
            try await eventually("the probation", within: .seconds(90)) {
                textOfFile("\(project.folder)/killed.out").contains("==> probation")
            }
            try await watchdog.expectQuiet(for: .seconds(3))
            child.signal(SIGKILL)
            _ = try await child.end(within: .seconds(10), "it to be gone")
            try await eventually("the old container to be back", within: .seconds(90)) {
                try await project.allContainers() == before
            }
            try await eventually("the watchdog to say so", within: .seconds(60)) {
                textOfFile(watchdog.stderr).contains("rolled back")
            }
            let next = try await project.deploy("--wait=10", with: ["COMMIT": "c3"])
            #expect(next.code == 0, "the watchdog lets go of the lock when the deploy is undone: \(next.text)")
            try await watchdog.stop()
        }
    }
}
