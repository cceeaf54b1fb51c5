import Compose
import EventLoop
import FoundationEssentials
import Glibc
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
        let file: ComposeFiles = "\(folder)/compose.yaml"
        #expect(DeployHistory.unfinished(by: file).isEmpty, "nothing is there yet")
        for (project, hasEnd) in [("a-project", true), ("b", false), ("b", true)] {
            let state = StateFolder(besides: file, project: project)
            let id = DeployHistory(state, project: project).newID()
            let deploy = DeployFolder(id, in: state)
            try deploy.make(in: state)
            let journal = DeployJournal(deploy)
            try await journal.append(.began(DeployHeader(id: id, project: project, kind: .deploy)))
            if hasEnd { try await journal.append(.ended(.deployed, reason: "")) }
            #expect(DeployHistory.unfinished(by: file).map(\.header.project) == (hasEnd ? [] : [project]))
            try await Loop.sleep(for: .milliseconds(2))
        }
        let all = DeployHistory.entries(by: file).map(\.header.project)
        #expect(all == ["a-project", "b", "b"], "a file that can't be read says no project")
    }

    @Test("a deploy without an end is another compose file's where its journal says so")
    @Loop func unfinishedByFile() async throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = StateFolder(besides: "\(folder)/compose.yaml", project: "p")
        let id = DeployHistory(state, project: "p").newID()
        let deploy = DeployFolder(id, in: state)
        try deploy.make(in: state)
        let header = DeployHeader(id: id, project: "p", kind: .deploy, composeFile: "compose.yaml")
        try await DeployJournal(deploy).append(.began(header))
        #expect(DeployHistory.unfinished(by: "\(folder)/compose.yaml").map(\.header) == [header])
        #expect(DeployHistory.unfinished(by: "\(folder)/other.yaml").isEmpty)
        #expect(DeployHistory.entries(by: "\(folder)/compose.yaml").map(\.header) == [header])
        #expect(DeployHistory.entries(by: "\(folder)/other.yaml").isEmpty)
    }

    /// Writes down a deploy that is over.
    @Loop private func write(
        _ id: String, in state: StateFolder, _ outcome: DeployOutcome, image: String, says: String
    ) async throws {
        let deploy = DeployFolder(id, in: state)
        try deploy.make(in: state)
        let journal = DeployJournal(deploy)
        try await journal.append(.began(DeployHeader(id: id, project: "p", kind: .deploy)))
        try await journal.append(.ended(outcome, reason: ""))
        let document: JSONValue = ["services": ["app": ["environment": ["SAYS": .string(says)]]]]
        try DeployFolder.write(
            KeptSettings(of: document, images: ["app": image], salt: "salt"), to: deploy.settings)
    }

    @Test("a deploy tells what it changed against the last that succeeded; images are known with their last settings")
    @Loop func settings() async throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = StateFolder(besides: "\(folder)/compose.yaml", project: "p")
        try await self.write("1-p", in: state, .deployed, image: "one", says: "a")
        try await self.write("2-p", in: state, .rolledBack, image: "two", says: "b")
        try await self.write("3-p", in: state, .deployed, image: "one", says: "a")
        try await self.write("4-p", in: state, .deployed, image: "one", says: "c")
        try await self.write("5-p", in: state, .deployed, image: "three", says: "c")
        let history = DeployHistory(state, project: "p")
        let changed = ["app: environment.SAYS"]
        #expect(history.entries().map(\.changes) == [[], changed, [], changed, []])
        let last = try #require(history.settings(withImages: ["app": "three"]))
        #expect(history.settings(withImages: ["app": "one"])?.differences(from: last) == [])
        #expect(history.settings(withImages: ["app": "two"]) == nil, "they were taken back")
        var status = stat()
        #expect(stat(DeployFolder("1-p", in: state).settings, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("the settings of images that are kept outlast fifty deploys that changed nothing")
    @Loop func pruneKeepsSettings() async throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = StateFolder(besides: "\(folder)/compose.yaml", project: "p")
        for (number, image) in ["one", "two", "three", "four", "five"].enumerated() {
            try await self.write("10\(number)-p", in: state, .deployed, image: image, says: "a")
        }
        for number in 200..<251 { try DeployFolder("\(number)-p", in: state).make(in: state) }
        DeployHistory(state, project: "p").prune()
        let left = try FileManager.default.contentsOfDirectory(atPath: DeployFolder.all(state)).sorted()
        #expect(left.prefix(5) == ["101-p", "102-p", "103-p", "104-p", "201-p"], "one runs and three are kept")
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
