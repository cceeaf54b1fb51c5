import Docker
import FoundationEssentials
import Testing

@testable import Redeploy

struct DeployUnitTests {
    private func old(_ state: ContainerState, exitCode: Int = 0, policy: String = "no") -> DeployUnit.Old {
        DeployUnit.Old(
            ContainerDetails(
                id: "c", name: "p-job-1", state: state, exitCode: exitCode,
                startedAt: EngineTime(text: "1", nanosecondsSince1970: 1), restartCount: 0, health: nil,
                restartPolicy: .init(name: policy, maximumRetries: 0)))
    }

    @Test("what ran is started when it is put back; a job that is done is not, and neither is what had ended")
    func isToRun() {
        #expect(self.old(.running).isToRun)
        #expect(!self.old(.exited).isToRun, "its work is done")
        #expect(!self.old(.exited, exitCode: 1).isToRun && !self.old(.exited, policy: "always").isToRun)
    }

    @Test("a journal that does not say whether a job was done can still be taken up")
    func olderJournal() throws {
        let text = #"{"id":"c","standing":4,"restartPolicy":"no","restartRetries":0}"#
        let old = try JSONDecoder().decode(DeployUnit.Old.self, from: Data(text.utf8))
        #expect(old == DeployUnit.Old(id: "c", standing: .healthy) && old.isToRun)
    }
}
