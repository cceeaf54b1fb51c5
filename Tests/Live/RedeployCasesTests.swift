import Foundation
import Support
import Testing

/// What happens to a deploy that goes wrong, on small servers that are built in a moment.
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
            #expect(ended.code == 10 && ended.stderr.contains("it ended with exit code"), "\(ended.text)")
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

    @Test("a version that ends at once or is never well never takes the old one down")
    func badFromTheStart() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy().code == 0)
            let (before, image) = (try await project.allContainers(), try await project.image("app"))
            for mode in ["exit", "sick"] {
                let output = try await project.deploy(with: ["APP_MODE": mode])
                #expect(output.code == 10 && output.stderr.contains("step up"), "\(output.text)")
                #expect(try await project.allContainers() == before)
                #expect(try await project.image("app") == image, "`up` of a person must not bring the bad one in")
            }
            let build = try await project.deploy(with: ["BUILD": "false"])
            #expect(build.code == 10 && build.stderr.contains("step build"), "\(build.text)")
            #expect(try await project.allContainers() == before)
        }
    }

    @Test("a version that gets ill in the probation is rolled back by itself, and so is one that is not what was built")
    func badLater() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy().code == 0)
            let before = try await project.allContainers()
            let late = try await project.deploy("--probation=60", with: ["APP_MODE": "late9"])
            #expect(late.code == 11 && late.stderr.contains("step probation"), "\(late.text)")
            #expect(late.stdout.contains("labels and health are as before"))
            #expect(try await project.allContainers() == before)
            let other = try await project.deploy(with: ["COMMIT": "new", "SAYS": "old"])
            #expect(other.code == 11 && other.stderr.contains("commit new was to be built"), "\(other.text)")
            #expect(try await project.allContainers() == before)
            let served = try #require(other.stdout.firstRange(of: "serves again"), "\(other.text)").upperBound
            #expect(other.stdout[served...].contains("gap seen on"), "the undoing is measured too: \(other.text)")
            let policy = try await project.docker(
                "inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", project.name(of: "app"))
            #expect(policy.hasPrefix("always"))
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
        }
    }

    @Test("where nothing better is there to go back to what runs stays, and the exit code is 12, of a rollback too")
    func nothingBetter() async throws {
        try await DeployFixture.run {
            $0["services.app.volumes"] = ["./ill:/ill:ro"]
        } _: { project in
            let switches = "\(project.folder)/ill"
            try FileManager.default.createDirectory(atPath: switches, withIntermediateDirectories: false)
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            func waitUntilIll() async throws {
                try await eventually("app to be unhealthy", within: .seconds(60), every: .milliseconds(250)) {
                    try await project.container("app").health == "unhealthy"
                }
            }
            try await project.docker("exec", project.name(of: "app"), "touch", "/tmp/ill")
            try await waitUntilIll()
            let old = try await project.container("app").id
            // Well, and not what was built: better than one that is ill.
            let kept = try await project.deploy(with: ["COMMIT": "c2", "SAYS": "other"])
            #expect(kept.code == 12 && kept.stderr.contains("what ran before was no better"), "\(kept.text)")
            #expect(try await project.container("app").id != old)
            #expect(await ask("/health", port: project.port) == 200)

            let next = try await project.deploy(with: ["COMMIT": "c3"])
            #expect(next.code == 0, "\(next.text)")
            #expect(try await project.allContainers().count == 1)
            // Every version is ill now, so the one to go back to as well.
            try Data().write(to: URL(filePath: "\(switches)/now"))
            try await waitUntilIll()
            let before = try await project.container("app")
            let back = try await project.selfheal("rollback", "--probation=1", within: .seconds(180))
            #expect(back.code == 12 && back.stderr.contains("what runs is ill too, and stays"), "\(back.text)")
            #expect(try await project.container("app") == before)
            #expect(try await project.allContainers().count == 1)
        }
    }

    @Test("what somebody takes away in the middle of a deploy is said to be gone, and the next deploy makes it anew")
    func takenAway() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let known = try project.deploys()
            async let deploying = project.deploy("--probation=60", with: ["COMMIT": "c2"])
            try await eventually("the probation", within: .seconds(120)) {
                try project.journal(ofDeployAfter: known).contains(#"{"started":{"_0":{"probation""#)
            }
            try await project.compose("down", "--timeout", "1")
            let output = try await deploying
            #expect(output.code == 12 && output.stderr.contains("is gone"), "\(output.text)")
            let next = try await project.deploy(with: ["COMMIT": "c3"])
            #expect(next.code == 0, "\(next.text)")
        }
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
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let image = try await project.image("app")
            #expect(try await project.deploy(with: ["COMMIT": "c2"]).code == 0)
            try await project.docker("tag", LiveProject.Image.shipped.rawValue, "\(project.name)-app")
            try await project.docker(
                "image", "prune", "--all", "--force", "--filter", "label=live.project=\(project.name)")
            let back = try await project.selfheal("rollback", "--probation=1")
            #expect(back.code == 0 && back.stdout.contains("commit c1"), "\(back.text)")
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

    @Test("a second deploy is told who deploys and ends with 14; missing variables end with 15; a full disk with 10")
    func refusals() async throws {
        try await DeployFixture.run {
            $0["services.app.environment.NEEDED"] = "${NEEDED:?set it in .env}"
        } _: { project in
            let missing = try await project.deploy()
            #expect(missing.code == 15 && missing.stderr.contains("NEEDED"), "\(missing.text)")
            let deploys = try await project.selfheal("deploys", with: ["DOCKER_HOST": "unix:///nothing.sock"])
            #expect(deploys.code == 0 && deploys.stdout == "no deploys yet\n", "\(deploys.text)")
            let variables = ["NEEDED": "1"]
            async let slow = project.deploy(with: ["NEEDED": "1", "BUILD": "sleep 12"])
            let lock = "\(project.folder)/.selfheal/\(project.name).deploy.lock"
            try await eventually("the lock", within: .seconds(30)) { textOfFile(lock).contains("owner=") }
            let second = try await project.deploy(with: variables)
            #expect(second.code == 14 && second.stderr.contains("pid"), "\(second.text)")
            let waiting = try Child(
                [Live.selfheal, "redeploy", "--wait"], environment: project.environment.merging(variables) { $1 },
                directory: project.folder, stdout: "\(project.folder)/wait.out", stderr: "\(project.folder)/wait.err")
            try await eventually("it to wait", within: .seconds(10)) {
                textOfFile("\(project.folder)/wait.out").contains("waiting for the deploy")
            }
            waiting.signal(SIGINT)
            #expect(try await waiting.end(within: .seconds(10), "the wait to end") == 14)
            #expect(textOfFile("\(project.folder)/wait.err").contains("interrupted while it waited"))
            let waited = try await project.deploy("--wait=100", with: variables)
            #expect([0, 13].contains(waited.code), "\(waited.text)")
            #expect(try await slow.code == 0)
            try await must(["mount", "-t", "tmpfs", "-o", "size=1m", "none", "\(project.folder)/.selfheal"])
            let full = try await project.deploy(with: variables)
            let back = try await project.selfheal("rollback", "--probation=1", with: variables, within: .seconds(180))
            try await must(["umount", "\(project.folder)/.selfheal"])
            #expect(full.code == 10 && full.stderr.contains("MiB free"), "\(full.text)")
            // Where the second deploy changed nothing there is nothing to go back to.
            #expect(back.code == (waited.code == 0 ? 0 : 10), "\(back.text)")
            #expect(!back.text.contains("MiB free"), "the way back is open on a full disk: \(back.text)")
        }
    }

    @Test("a migration that fails, or that the version before could not live with, replaces nothing")
    func migration() async throws {
        try await DeployFixture.run {
            $0["services.app.labels"] = DeployFixture.migration
        } _: { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let (before, image) = (try await project.allContainers(), try await project.image("app"))
            for (fault, words) in ["fail": "status 3", "drop": "would not work any more after an undo"] {
                let output = try await project.deploy(with: ["COMMIT": "c2", "MIGRATE": fault])
                #expect(output.code == 10 && output.stderr.contains("step migrate"), "\(output.text)")
                #expect(output.stderr.contains(words), "\(output.text)")
                #expect(try await project.allContainers() == before)
                #expect(try await project.image("app") == image)
                #expect(await ask("/health", port: project.port) == 200)
            }
            #expect(try await project.deploy(with: ["COMMIT": "c2"]).code == 0)
        }
    }

    @Test("an old container that still gets what is sent to the port is found by its version, and all is put back")
    func stalePort() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let before = try await project.allContainers()
            let stale = "\(project.name)-stale"
            try await project.docker(
                "run", "--detach", "--name", stale, "--publish", "127.0.0.1::3000", "\(project.name)-app")
            let published = try await project.docker("port", stale, "3000/tcp")
            let port = try #require(published.split(separator: ":").last.map { $0.prefix(while: \.isNumber) })
            // A forgotten rule of a firewall, as engines that ended badly have left.
            let rule = [
                "OUTPUT", "--table", "nat", "--protocol", "tcp", "--destination", "127.0.0.1", "--dport",
                String(project.port), "--jump", "REDIRECT", "--to-ports", String(port),
            ]
            try await must(["iptables", "--wait", "--insert"] + rule)
            let output = try? await project.deploy(with: ["COMMIT": "c2"])
            try await must(["iptables", "--wait", "--delete"] + rule)
            try await project.docker("rm", "--force", stale)
            #expect(output?.code == 11, "\(output?.text ?? "")")
            #expect(output?.stderr.contains("something else has its port") == true, "\(output?.text ?? "")")
            #expect(try await project.allContainers() == before)
        }
    }

    /// In the order of a deploy, a few for each project.
    private static let phases = [
        ["pin", "build", "prepare", "migrate"], ["rehearse", "retire", "gate"], ["bring", "probation"],
        ["launch", "show", "verify", "reread"], ["undo", "restoreTags", "rereadOld"], ["commit", "discard", "settle"],
    ]

    @Test(
        "killed hard in any phase, the next call brings everything back or on, and leaves nothing behind",
        arguments: phases)
    func killed(phases: [String]) async throws {
        let isPast = phases.contains("commit")
        let isTwo = phases.contains("launch") || phases.contains("bring")
        try await DeployFixture.run(services: isTwo ? ["app", "worker"] : ["app"]) {
            $0["services.app.labels"] = DeployFixture.migration
        } _: { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            if phases.contains("launch") { try await project.docker("rm", "--force", project.name(of: "worker")) }
            for phase in phases {
                let (before, known) = (try await project.allContainers(), try project.deploys())
                var variables = ["COMMIT": "c2-\(phase)"]
                // Well, and not what was built.
                if phases.contains("undo") { variables["SAYS"] = "other" }
                let child = try Child(
                    [Live.selfheal, "redeploy", isPast || phase == "reread" ? "--probation=1" : "--probation=60"],
                    environment: project.environment.merging(variables) { $1 },
                    directory: project.folder, stdout: "\(project.folder)/killed.out",
                    stderr: "\(project.folder)/killed.err")
                try await eventually("\(phase) in the journal", within: .seconds(120), every: .milliseconds(2)) {
                    try project.journal(ofDeployAfter: known).contains(#"{"started":{"_0":{"\#(phase)""#)
                }
                child.signal(SIGKILL)
                _ = try await child.end(within: .seconds(10), "it to be gone")
                // What it was about it says itself, to one who looks after something else.
                let recovery = try await project.selfheal(
                    "redeploy", "--recover", with: ["SERVICE_NAME": "web", "HEALTH_URL": "http://localhost:1/"],
                    within: .seconds(180))
                #expect(isPast || [10, 11].contains(recovery.code), "\(phase): \(recovery.text)")
                let after = try await project.allContainers()
                #expect(after.count == before.count, "\(phase): \(after)")
                #expect(after[0].hasPrefix("\(project.name)-app-1 "), "\(phase): \(after)")
                #expect(after.allSatisfy { $0.hasSuffix("running") }, "\(phase): \(after)")
                if !isPast { #expect(after == before, "\(phase): \(recovery.text)") }
                #expect(try await project.selfheal("redeploy", "--recover").code == 13)
            }
        }
    }

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

    @Test("a watchdog never interferes, and takes a deploy that was killed to its end by itself")
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
            try await watchdog.stop()
        }
    }
}

extension DeployFixture {
    /// Labels of a service that brings its data up to date.
    static let migration = [
        "selfheal.migrate": "perl /server.pl migrate", "selfheal.migrate.pending": "perl /server.pl pending",
    ]
}

extension LiveProject {
    private var journals: String { "\(self.folder)/.selfheal/deploys" }

    /// The names of its deploys.
    func deploys() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: self.journals).filter { $0.hasPrefix("2") })
    }

    /// What the journal of a deploy that is not among `known` says so far; nothing while there is none.
    func journal(ofDeployAfter known: Set<String>) throws -> String {
        guard let new = try self.deploys().subtracting(known).max() else { return "" }
        return textOfFile("\(self.journals)/\(new)/journal.jsonl")
    }

    /// When the last deploy had the first event of a kind; nil where it had none.
    func time(of event: String) throws -> Timestamp? {
        guard let last = try self.deploys().max() else { return nil }
        let lines = textOfFile("\(self.journals)/\(last)/journal.jsonl").split(separator: "\n")
        let line = lines.first { $0.contains(#""event":{"\#(event)""#) }
        let value = line?.split(separator: #""time":""#, maxSplits: 1).last?.prefix { $0 != "\"" }
        return value.flatMap { Timestamp(String($0)) }
    }
}
