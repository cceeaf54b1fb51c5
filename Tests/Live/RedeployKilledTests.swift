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
            // Whoever takes a deploy up has not what it was begun with.
            $0["services.app.environment.NEEDED"] = "${NEEDED:?}"
        } _: { project in
            #expect(try await project.deploy(with: ["COMMIT": "c1", "NEEDED": "1"]).code == 0)
            if phases.contains("launch") { try await project.docker("rm", "--force", project.name(of: "worker")) }
            for phase in phases {
                let (before, known) = (try await project.allContainers(), try project.deploys())
                var variables = ["COMMIT": "c2-\(phase)", "NEEDED": "1"]
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
                if phase == "gate" { try await self.endRecovery(["redeploy", "--recover"], code: 12, project, known) }
                if phase == "probation" { try await self.endRecovery(["watch"], code: 0, project, known) }
                let file = "\(project.folder)/\(LiveProject.composeFile)"
                let text = textOfFile(file)
                let isBroken = ["retire", "discard"].contains(phase)
                if isBroken { try Data("services: [".utf8).write(to: URL(filePath: file)) }
                // What it was about it says itself, to one who looks after something else.
                let recovery = try await project.selfheal(
                    "redeploy", "--recover", with: ["SERVICE_NAME": "web", "HEALTH_URL": "http://localhost:1/"],
                    within: .seconds(180))
                if isBroken { try Data(text.utf8).write(to: URL(filePath: file)) }
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

    /// A person may end the taking up, or the watchdog that does it: it says so and can be taken up again.
    private func endRecovery(
        _ words: [String], code expected: Int32, _ project: LiveProject, _ known: Set<String>
    ) async throws {
        let child = try Child(
            [Live.selfheal] + words, environment: project.environment, directory: project.folder,
            stdout: "\(project.folder)/ended.out", stderr: "\(project.folder)/ended.err")
        try await eventually("the undoing", within: .seconds(60), every: .milliseconds(2)) {
            try project.journal(ofDeployAfter: known).contains(#"{"started":{"_0":{"undo""#)
        }
        child.signal(SIGTERM)
        let code = try await child.end(within: .seconds(30), "the recovery to end")
        let complaint = textOfFile("\(project.folder)/ended.err")
        #expect(code == expected && complaint.contains("it was interrupted before step undo was done"), "\(complaint)")
        let journal = try project.journal(ofDeployAfter: known)
        #expect(journal.contains(#"{"stopped":"#) && !journal.contains(#"{"ended":"#), "\(journal)")
    }
}
