import Compose
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

    /// - Parameter hash: what the container that runs is labelled with.
    private func plan(hash: String) -> DeployPlan {
        let container = ContainerDetails(id: "c", name: "p-app-1", labels: [ComposeLabels.configHash: hash])
        let known = DeployPlan.Known(
            service: Service(), configHash: "new", image: "", ports: [], containers: [container])
        return DeployPlan(project: "p", services: ["app": known], probed: "app")
    }

    @Test("what is only planned is not called deployed, and a script gets what would be built, changed and kept")
    func planned() throws {
        let report = DeployReport(planned: self.plan(hash: "old"), builds: ["web"])
        let encoded = try self.encoded(report)
        #expect(encoded.outcome == "planned" && encoded.exitCode == 0 && !report.text.contains("deployed"))
        let plan = try #require(encoded.plan)
        #expect(plan.count == 2 && plan[0].hasPrefix("web: built") && plan[1].hasPrefix("p-app-1: replaced"))
    }

    @Test("a plan in which nothing would be done has an exit code of its own; one that builds may do something")
    func nothingPlanned() throws {
        let report = DeployReport(planned: self.plan(hash: "new"), builds: [])
        let encoded = try self.encoded(report)
        #expect(encoded.outcome == "nothing_to_do" && encoded.exitCode == 13 && !report.text.contains("verified"))
        #expect(encoded.plan == ["app: stays as it is"])
        #expect(try self.encoded(DeployReport(planned: self.plan(hash: "new"), builds: ["app"])).exitCode == 0)
    }

    @Test("where no deploy was cut off nothing is said of what runs, which was not looked at")
    func nothingToRecover() throws {
        let report = DeployReport(nothingToRecover: ())
        #expect(report.text == "nothing to do: no deploy was cut off")
        let encoded = try self.encoded(report)
        #expect(encoded.exitCode == 13 && encoded.plan == nil)
    }
}
