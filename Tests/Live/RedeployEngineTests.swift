import Foundation
import Testing

/// What a deploy survives that nobody may do to an engine that others use too.
@Suite("redeploy on an engine of its own", .shared)
struct RedeployEngineTests {
    @Test("an engine restarted in the middle of a swap is waited for; a rollback outlasts a moved tag and a full prune")
    func restartAndPrune() async throws {
        let image = LiveProject.Image.shipped.rawValue
        try await PrivateEngine.run(with: image) { engine in
            try await DeployFixture.run(environment: ["DOCKER_HOST": engine.host]) {
                // This engine has no network.
                $0["services.app.build.network"] = "none"
                $0["services.app.network_mode"] = "none"
                $0["services.app.ports"] = nil
            } _: { project in
                let first = try await project.deploy(with: ["COMMIT": "c1"])
                #expect(first.code == 0, "\(first.text)")
                let (old, known) = (try await project.image("app"), try project.deploys())
                async let deploying = project.deploy(with: ["COMMIT": "c2"])
                try await eventually("the swap", within: .seconds(120), every: .milliseconds(2)) {
                    try project.journal(ofDeployAfter: known).contains(#"{"started":{"_0":{"retire""#)
                }
                try await engine.stop()
                try await engine.start()
                let output = try await deploying
                #expect(output.code == 0, "\(output.text)")
                let after = try await project.allContainers()
                #expect(after.count == 1 && after[0].hasSuffix("running"), "\(after)")
                #expect(try await project.selfheal("redeploy", "--recover").code == 13)

                try await project.docker("tag", image, "\(project.name)-app")
                try await project.docker("image", "prune", "--all", "--force")
                let back = try await project.selfheal("rollback", "--probation=1", within: .seconds(180))
                #expect(back.code == 0 && back.stdout.contains("commit c1"), "\(back.text)")
                #expect(try await project.runningImage("app") == old)
            }
        }
    }
}

extension LiveProject {
    func runningImage(_ service: String) async throws -> String {
        try await self.docker("inspect", "--format", "{{.Image}}", self.name(of: service))
    }
}
