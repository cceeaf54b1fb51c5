import Foundation
import Testing

/// What happens to a deploy that goes wrong: what ran before serves on, or again.
@Suite("redeploy, what goes wrong", .shared)
struct RedeployFailureTests {
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
            // From when it got ill, long after its gate, until the old one serves again.
            let undoing = try #require(late.stdout.firstRange(of: "putting the old"), "\(late.text)").upperBound
            let gap = try #require(late.stdout[undoing...].firstMatch(of: /gap seen on \S+: (\d+) ms/), "\(late.text)")
            // Three looks in a row were bad, a second apart.
            #expect(Int(gap.1) ?? 0 >= 1_900, "\(late.text)")
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

    @Test("where nothing better is there to go back to what runs stays, and the exit code is 12, of a rollback too")
    func nothingBetter() async throws {
        try await DeployFixture.run(services: ["app", "worker"]) {
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
            let untouched = try await project.image("worker")
            // Well, and not what was built: better than one that is ill.
            let kept = try await project.deploy(with: ["COMMIT": "c2", "SAYS": "other"])
            #expect(kept.code == 12 && kept.stderr.contains("what ran before was no better"), "\(kept.text)")
            #expect(try await project.container("app").id != old)
            #expect(await ask("/health", port: project.port) == 200)
            let ofWorker = try await project.image("worker")
            #expect(ofWorker == untouched, "`up` of a person must not replace what was not")
            #expect(try await project.runningImage("app") == project.image("app"))

            let next = try await project.deploy(with: ["COMMIT": "c3"])
            #expect(next.code == 0, "\(next.text)")
            #expect(try await project.allContainers().count == 2)
            // Every version is ill now, so the one to go back to as well.
            try Data().write(to: URL(filePath: "\(switches)/now"))
            try await waitUntilIll()
            let before = try await project.container("app")
            let back = try await project.selfheal("rollback", "--probation=1", within: .seconds(180))
            #expect(back.code == 12 && back.stderr.contains("what runs is ill too, and stays"), "\(back.text)")
            #expect(try await project.container("app") == before)
            #expect(try await project.allContainers().count == 2)
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

    @Test("a container that is not as Compose made the new one is not called verified, and the old one is put back")
    func impostor() async throws {
        try await DeployFixture.run { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1"]).code == 0)
            let before = try await project.allContainers()
            let child = try Child(
                [Live.selfheal, "redeploy", "--probation=4"],
                environment: project.environment.merging(["COMMIT": "c2"]) { $1 }, directory: project.folder,
                stdout: "\(project.folder)/other.out", stderr: "\(project.folder)/other.err")
            try await eventually("the probation", within: .seconds(90)) {
                textOfFile("\(project.folder)/other.out").contains("==> probation")
            }
            // Between two of its looks, a second apart.
            try await Task.sleep(for: .milliseconds(300))
            child.signal(SIGSTOP)
            let name = project.name(of: "app")
            let labels = try await project.docker("inspect", "--format", "{{json .Config.Labels}}", name)
            let known = try JSONDecoder().decode([String: String].self, from: Data(labels.utf8))
            try await project.docker("rm", "--force", name)
            try await must(
                ["docker", "run", "--detach", "--name", name, "--network", "\(project.name)_default"]
                    + known.merging(["extra": "1"]) { $1 }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
                    + ["--env", "SECRET=hidden-value", "--env", "EXTRA=1", "--volume", "/extra"]
                    + ["--publish", "127.0.0.1:\(project.port):3000", "\(project.name)-app"])
            try await project.docker("network", "connect", "bridge", name)
            child.signal(SIGCONT)
            let code = try await child.end(within: .seconds(90), "the deploy to end")
            let complaint = textOfFile("\(project.folder)/other.err")
            #expect(code == 11 && complaint.contains("is not what Compose made: "), "\(complaint)")
            for difference in ["variable EXTRA", "mount /extra", "networks", "label extra"] {
                #expect(complaint.contains(difference), "\(complaint)")
            }
            #expect(try await project.allContainers() == before)
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
}
