import Foundation
import Testing

/// A deploy that does not begin.
@Suite("redeploy, refused", .shared)
struct RedeployRefusalTests {
    @Test("a second deploy is told who deploys and ends with 14; missing variables end with 15; a full disk with 10")
    func refusals() async throws {
        try await DeployFixture.run {
            $0["services.app.environment.NEEDED"] = "${NEEDED:?set it in .env}"
        } _: { project in
            let missing = try await project.deploy()
            #expect(missing.code == 15 && missing.stderr.contains("NEEDED"), "\(missing.text)")
            let deploys = try await project.selfheal("deploys", with: ["DOCKER_HOST": "unix:///nothing.sock"])
            #expect(deploys.code == 0 && deploys.stdout == "no deploys yet\n", "\(deploys.text)")
            let typo = try await project.selfheal("deploys", with: ["COMPOSE_FILE": "typo.yml"])
            #expect(typo.code == 15, "\(typo.text)")
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
}
