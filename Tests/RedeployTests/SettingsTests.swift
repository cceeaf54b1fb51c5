import Docker
import FoundationEssentials
import Testing

@testable import Redeploy

struct SettingsTests {
    private let settings: DeploySettings

    init() throws {
        var settings = DeploySettings(
            service: "app", composeFiles: "compose.yaml", healthURL: try ProbeURL("http://localhost:3000/health"))
        settings.commit = "ours"
        settings.probation = .seconds(7)
        self.settings = settings
    }

    @Test(
        "a cut-off deploy is taken to its end as the one that began it wanted, whatever the one that ends it looks after"
    )
    func taking() {
        let header = DeployHeader(
            id: "1-p", project: "p", kind: .deploy, commit: "theirs", service: "web",
            healthURL: "http://localhost:8080/")
        let taken = self.settings.taking(header)
        #expect(taken.service == "web" && taken.healthURL.description == "http://localhost:8080/")
        #expect(taken.commit == "theirs" && taken.composeFiles == "compose.yaml" && taken.probation == .seconds(7))
    }

    @Test("a journal of before the service was kept is read, and says nothing of it")
    func older() throws {
        let text =
            #"{"boot":"b","commit":"c","id":"1-p","kind":{"deploy":{}},"owner":"o","pid":1,"project":"p","time":"t"}"#
        let header = try JSONDecoder().decode(DeployHeader.self, from: Data(text.utf8))
        let taken = self.settings.taking(header)
        #expect(header.service == nil && taken.service == "app" && taken.commit == "c")
        #expect(taken.healthURL == self.settings.healthURL)
    }
}
