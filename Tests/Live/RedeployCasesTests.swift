import Foundation
import Support
import Testing

/// What a deploy changes when all goes well, on small servers that are built in a moment.
@Suite("redeploy, the cases", .shared)
struct RedeployCasesTests {
    @Test(
        "a slow and good version is deployed and old containers are gone; the same again is exit 13, and Compose agrees"
    )
    func goodVersions() async throws {
        try await DeployFixture.run {
            $0["services.app.healthcheck.start_period"] = "20s"
        } _: { project in
            let first = try await project.deploy()
            #expect(first.code == 0, "\(first.text)")
            let before = try await project.allContainers()
            let slow = try await project.deploy(with: ["APP_MODE": "slow4", "COMMIT": "c2"])
            #expect(slow.code == 0, "\(slow.text)")
            #expect(slow.stdout.contains("gap seen on"), "\(slow.text)")
            let ended = try await project.deploy(with: ["APP_MODE": "exit", "COMMIT": "c3"])
            #expect(ended.code == 10 && ended.stderr.contains("it ended"), "\(ended.text)")
            // Its healthcheck alone would take 42 s, so what ends it is the exit.
            let end = try #require(ended.text.firstRange(of: "ends at ")).upperBound
            let seconds = try #require(Double(ended.text[end...].prefix { $0.isNumber || $0 == "." }))
            let verdict = try #require(try project.time(of: "failed"))
            let delay = verdict - Timestamp(nanoseconds: Int64(seconds * 1_000) * 1_000_000)
            #expect((.zero ... .seconds(3)).contains(delay), "\(delay) from its end to the verdict")
            let after = try await project.allContainers()
            #expect(after.count == 1 && after != before && after[0].hasPrefix("\(project.name)-app-1 "), "\(after)")
            let again = try await project.deploy(with: ["APP_MODE": "slow4", "COMMIT": "c2"])
            #expect(again.code == 13, "\(again.text)")
            let dry = try await project.selfheal("redeploy", "--dry-run", "--json", "--probation", "1")
            let isPlan = dry.stdout.contains("\"planned\"") && dry.stdout.contains("app: built")
            #expect(dry.code == 0 && isPlan, "\(dry.text)")
            try await project.compose("up", "--detach", "--no-build")
            #expect(try await project.allContainers() == after)
            let history = try await project.selfheal("deploys", "--json")
            #expect(history.stdout.contains("nothing_to_do") && history.stdout.contains("deployed"), "\(history.text)")
        }
    }

    @Test(
        "all services or none: when the second of three fails, all are back; without ports the old one is never stopped"
    )
    func allOrNone() async throws {
        try await DeployFixture.run(services: ["app", "back", "worker"]) {
            $0["services.app.depends_on"] = ["back": ["condition": "service_healthy"]]
            $0["services.worker.depends_on"] = ["app": ["condition": "service_healthy"]]
            // What makes a new container of a service hard to come by.
            $0["services.back.container_name"] = "\($0["name"] ?? "").back"
            $0["services.back.volumes"] = ["/data"]
            $0["services.worker.scale"] = 2
        } _: { project in
            let first = try await project.deploy()
            #expect(first.code == 0, "\(first.text)")
            let before = try await project.allContainers()
            #expect(before.count == 4, "\(before)")
            try await project.docker("exec", "--user", "0", "\(project.name).back", "touch", "/data/kept")
            let output = try await project.deploy(with: ["COMMIT": "c2", "SAYS": "old"])
            #expect(output.code == 11 && output.stderr.contains("step gate"), "\(output.text)")
            #expect(try await project.allContainers() == before, "\(output.text)")
            let well = try await project.deploy(with: ["COMMIT": "c3"])
            #expect(well.code == 0 && well.stdout.contains("start-first"), "\(well.text)")
            func names(_ lines: [String]) -> [Substring?] { lines.map { $0.split(separator: " ").first } }
            let after = try await project.allContainers()
            #expect(names(after) == names(before) && Set(after).isDisjoint(with: before), "\(after)")
            #expect(after.allSatisfy { $0.hasSuffix(" running") }, "\(after)")
            try await project.docker("exec", "\(project.name).back", "ls", "/data/kept")
            let files = try await project.docker(
                "inspect", "--format", #"{{index .Config.Labels "com.docker.compose.project.config_files"}}"#,
                "\(project.name).back"
            ).trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(files.hasSuffix("/\(LiveProject.composeFile)") && !files.contains(","), "\(files)")
            try await project.compose("up", "--detach", "--no-build")
            #expect(try await project.allContainers() == after)
            try await project.docker("rm", "--force", "\(project.name)-worker-1")
            let missing = try await project.deploy(with: ["COMMIT": "c3"])
            #expect(missing.code == 0 && missing.stdout.contains("1 of 2 are there"), "\(missing.text)")
            #expect(try await project.allContainers().count == after.count)
            try await self.scaleDown(project)
        }
    }

    /// The replica too many goes with the deploy, comes back with its undoing, and Compose agrees.
    private func scaleDown(_ project: LiveProject) async throws {
        try project.edit {
            $0["services.worker.scale"] = 1
            // With what it makes beside it, Compose would remove the one too many at once.
            $0["services.extra"] = [
                "image": LiveProject.Image.shipped.rawValue, "entrypoint": ["sleep", "600"], "init": true,
                "healthcheck": ["disable": true], "depends_on": ["worker"],
            ]
        }
        let before = try await project.allContainers()
        let shim = try project.failingDocker(at: "ps")
        let path = "\(shim):\(project.environment["PATH"] ?? "")"
        let failed = try await project.deploy(with: ["COMMIT": "c3", "PATH": path])
        #expect(failed.code == 11 && failed.stdout.contains("2 are there and 1 are to run"), "\(failed.text)")
        #expect(try await project.allContainers() == before, "\(failed.text)")
        let well = try await project.deploy(with: ["COMMIT": "c3"])
        #expect(well.code == 0, "\(well.text)")
        let after = try await project.allContainers()
        let extra = after.filter { $0.hasPrefix("\(project.name(of: "extra")) ") }
        #expect(extra.count == 1 && after.count == before.count, "\(after)")
        #expect(Set(after).subtracting(extra).isSubset(of: before), "\(after)")
        try await project.compose("up", "--detach", "--no-build")
        #expect(try await project.allContainers() == after)
        try project.edit { $0["services.extra"] = nil }
        try await project.docker("rm", "--force", "\(project.name)-worker-2")
        let made = try await project.deploy(with: ["COMMIT": "c3", "COMPOSE_REMOVE_ORPHANS": "1"])
        let stays = made.stdout.contains("\(project.name(of: "extra")): stays as it is; no service")
        #expect(made.code == 0 && stays, "\(made.text)")
        #expect(try await project.allContainers().contains(extra[0]), "what Compose calls an orphan is not removed")
    }

    @Test(
        "the first deploy that fails says that there is nothing to roll back to; a one-shot service that exits 0 is done"
    )
    func firstAndOneShot() async throws {
        try await DeployFixture.run(services: ["app", "job"]) {
            $0["services.job.restart"] = "no"
            $0["services.job.healthcheck"] = ["disable": true]
        } _: { project in
            let bad = try await project.deploy(with: ["APP_MODE": "exit", "JOB_MODE": "once"])
            #expect(bad.code == 12 && bad.stderr.contains("nothing to roll back to"), "\(bad.text)")
            let good = try await project.deploy(with: ["JOB_MODE": "once"])
            #expect(good.code == 0, "\(good.text)")
            func jobStart() async throws -> String {
                try await project.docker("inspect", "--format", "{{.State.StartedAt}}", project.name(of: "job"))
            }
            // It is short, and may yet be at it.
            try await eventually("the end of the job", within: .seconds(30)) {
                try await project.docker("inspect", "--format", "{{.State.Status}}", project.name(of: "job"))
                    .hasPrefix("exited")
            }
            let (start, before) = (try await jobStart(), try await project.allContainers())
            let other = try await project.deploy(with: ["JOB_MODE": "once", "COMMIT": "c2", "SAYS": "other"])
            #expect(other.code == 11, "\(other.text)")
            // The engine may still be about to remove the new ones.
            var after: [String] = []
            try await eventually("\(before), not \(after)", within: .seconds(10)) {
                after = try await project.allContainers()
                return after == before
            }
            #expect(try await jobStart() == start, "the old job must not do its work a second time")
        }
    }

    @Test(
        "rollback brings the image of before back after a re-tagging and a pruning, and refuses first when it is gone")
    func rollback() async throws {
        try await self.withExternalNetwork { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let image = try await project.image("app")
            try await self.changeSettings(project)
            try await project.docker("tag", LiveProject.Image.shipped.rawValue, "\(project.name)-app")
            try await project.docker(
                "image", "prune", "--all", "--force", "--filter", "label=live.project=\(project.name)")
            let back = try await project.selfheal("rollback", "--probation=1")
            #expect(back.code == 0 && back.stdout.contains("commit c1"), "\(back.text)")
            #expect(back.stdout.contains("other than then: app: environment.FROM_FILE, labels.mark\n"), "\(back.text)")
            let running = try await project.docker("inspect", "--format", "{{.Image}}", project.name(of: "app"))
            #expect(running == image)
            let before = try await project.allContainers()
            try await project.compose("up", "--detach", "--no-build")
            #expect(try await project.allContainers() == before, "what keeps an image is none of Compose's")
            try await project.docker("image", "rm", "--force", "selfheal/\(project.name)/app:keep-1")
            let refused = try await project.selfheal("rollback")
            #expect(refused.code == 10 && refused.stderr.contains("keep-1"), "\(refused.text)")
            #expect(try await project.allContainers() == before)
        }
    }

    private func withExternalNetwork(_ body: (LiveProject) async throws -> Void) async throws {
        let network = "\(LiveProject.freshName())-outside"
        try await must(["docker", "network", "create", network])
        let result: Result<Void, any Error>
        do {
            try await DeployFixture.run {
                $0["services.app.env_file"] = ["app.env"]
                $0["services.app.networks"] = ["default", "outside"]
                $0["networks"] = ["outside": ["external": true, "name": network]]
            } _: { project in
                try Data("FROM_FILE=first-secret\n".utf8).write(to: URL(filePath: "\(project.folder)/app.env"))
                try await body(project)
            }
            result = .success(())
        } catch { result = .failure(error) }
        _ = try? await run(["docker", "network", "rm", network])
        try result.get()
    }

    /// A change of an environment file alone, or of labels alone, is one to be deployed.
    private func changeSettings(_ project: LiveProject) async throws {
        func plan() async throws -> String {
            try await project.selfheal("redeploy", "--dry-run", with: ["COMMIT": "c1"]).stdout
        }
        #expect(try await plan().contains("app: stays as it is"))
        try project.edit { $0["services.app.labels"] = ["mark": "second-secret"] }
        #expect(try await plan().contains("\(project.name(of: "app")): replaced"))
        try project.edit { $0["services.app.labels"] = nil }
        #expect(try await plan().contains("app: stays as it is"))
        try Data("FROM_FILE=third-secret\n".utf8).write(to: URL(filePath: "\(project.folder)/app.env"))
        #expect(try await plan().contains("\(project.name(of: "app")): replaced"))
        try project.edit { $0["services.app.labels"] = ["mark": "second-secret"] }
        let output = try await project.deploy(with: ["COMMIT": "c2"])
        #expect(output.code == 0, "\(output.text)")
        let made = try await project.docker(
            "inspect", "--format", "{{.Config.Env}} {{.Config.Labels}} {{json .NetworkSettings.Networks}}",
            project.name(of: "app"))
        for word in ["FROM_FILE=third-secret", "mark:second-secret", "-outside\"", "_default\""] {
            #expect(made.contains(word), "\(made)")
        }
        let history = try await project.selfheal("deploys")
        #expect(history.stdout.contains("; changed app: ") && history.stdout.contains("labels.mark"), "\(history.text)")
        let kept = try await must(
            ["cat"] + project.deploys().map { "\(project.folder)/.selfheal/deploys/\($0)/settings.json" })
        #expect(kept.contains("environment.FROM_FILE") && !kept.contains("-secret") && !kept.contains("hidden-value"))
    }
}
