import Docker
import FoundationEssentials
import Testing

@testable import Redeploy

struct ReportTests {
    private struct Encoded: Decodable {
        let outcome: String
        let exitCode: Int
        let plan: [String]?
    }

    private func encoded(_ report: DeployReport) throws -> Encoded {
        try JSONDecoder().decode(Encoded.self, from: JSONEncoder().encode(report))
    }

    /// - Parameter fronts: containers that it would remove.
    private func plan(removing fronts: [String] = []) -> DeployPlan {
        let containers = fronts.map { ContainerDetails(id: $0, name: $0) }
        return DeployPlan(project: "p", services: [:], probed: "app", leavingFronts: containers)
    }

    @Test("what is only planned is not called deployed, and a script gets what would be built and changed")
    func planned() throws {
        let report = DeployReport(planned: self.plan(removing: ["p-front-1"]), builds: ["web"])
        let encoded = try self.encoded(report)
        #expect(encoded.outcome == "planned" && encoded.exitCode == 0 && !report.text.contains("deployed"))
        let plan = try #require(encoded.plan)
        #expect(plan.count == 2 && plan[0].hasPrefix("web: built") && plan[1].hasPrefix("p-front-1: removed"))
    }

    @Test("a plan in which nothing would be done has an exit code of its own; one that builds may do something")
    func nothingPlanned() throws {
        let report = DeployReport(planned: self.plan(), builds: [])
        let encoded = try self.encoded(report)
        #expect(encoded.outcome == "nothing_to_do" && encoded.exitCode == 13 && !report.text.contains("verified"))
        #expect(encoded.plan == [])
        #expect(try self.encoded(DeployReport(planned: self.plan(), builds: ["app"])).exitCode == 0)
    }

    @Test("where no deploy was cut off nothing is said of what runs, which was not looked at")
    func nothingToRecover() throws {
        let report = DeployReport(nothingToRecover: ())
        #expect(report.text == "nothing to do: no deploy was cut off")
        let encoded = try self.encoded(report)
        #expect(encoded.exitCode == 13 && encoded.plan == nil)
    }
}
