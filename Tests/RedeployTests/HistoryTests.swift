import Compose
import EventLoop
import FoundationEssentials
import Support
import Testing

@testable import Redeploy

struct HistoryTests {
    init() { Loop.startThread() }

    private func entry(
        _ id: String, _ service: String, ended seconds: Int64, isTouched: Bool = true
    ) -> DeployHistory.Entry {
        let unit = DeployUnit(service: service, name: "p-\(service)-1", change: .replace)
        var events: [DeployEvent] = [.planned([unit], migrations: [])]
        if isTouched { events.append(.started(.retire(0))) }
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000)
        return DeployHistory.Entry(
            header: DeployHeader(id: id, project: "p", kind: .deploy), began: time, ended: time,
            transaction: Transaction(folding: events), outcome: .deployed, reason: "")
    }

    @Test("an incident is linked to the last deploy that changed its service in the hour before, and to no other")
    func cause() {
        let entries = [
            self.entry("one", "app", ended: 1_000), self.entry("two", "app", ended: 2_000),
            self.entry("three", "db", ended: 2_100), self.entry("four", "app", ended: 2_200, isTouched: false),
        ]
        func cause(_ service: String, _ seconds: Int64) -> String? {
            entries.cause(of: service, at: Timestamp(nanoseconds: seconds * 1_000_000_000))?.header.id
        }
        #expect(cause("app", 2_300) == "two")
        #expect(cause("app", 1_500) == "one", "what came later caused nothing")
        #expect(cause("app", 5_600) == "two" && cause("app", 5_601) == nil)
        #expect(cause("db", 2_300) == "three" && cause("worker", 2_300) == nil)
    }

    @Test("a deploy without an end is found beside its compose file whatever its project is called, and none else")
    @Loop func unfinished() async throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/compose.yaml"
        #expect(!DeployHistory.hasUnfinished(besides: file), "nothing is there yet")
        for (project, hasEnd) in [("a-project", true), ("b", false), ("b", true)] {
            let state = StateFolder(besides: file, project: project)
            let id = DeployHistory(state, project: project).newID()
            let deploy = DeployFolder(id, in: state)
            try deploy.make(in: state)
            let journal = DeployJournal(deploy)
            try await journal.append(.began(DeployHeader(id: id, project: project, kind: .deploy)))
            if hasEnd { try await journal.append(.ended(.deployed, reason: "")) }
            #expect(DeployHistory.hasUnfinished(besides: file) == !hasEnd)
            try await Loop.sleep(for: .milliseconds(2))
        }
    }

    @Test("the oldest of more than fifty deploys go, and none of another project whose name ends alike")
    @Loop func prune() throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = StateFolder(besides: "\(folder)/compose.yaml", project: "app")
        for number in 100..<152 {
            for project in ["app", "my-app"] { try DeployFolder("\(number)-\(project)", in: state).make(in: state) }
        }
        DeployHistory(state, project: "app").prune()
        let left = try FileManager.default.contentsOfDirectory(atPath: DeployFolder.all(state))
        #expect(left.count { $0.hasSuffix("-my-app") } == 52)
        let own = left.filter { !$0.hasSuffix("-my-app") }
        #expect(own.count == 50 && own.min() == "102-app")
    }
}
