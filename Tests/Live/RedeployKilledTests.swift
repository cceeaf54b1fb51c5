import Foundation
import Testing

/// A deploy that is cut off, and taken to its end.
@Suite("redeploy, killed", .shared)
struct RedeployKilledTests {
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
}
