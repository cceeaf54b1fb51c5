import Healing
import Testing

@Suite("Where the probe can not run, Docker and the kernel are asked")
struct InconclusiveTests {
    @Test("old failures are no reason to act once the probe can not run any more")
    func oldFailures() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.fails()
        talk.probe(.inconclusive("no namespace"))
        _ = talk.heard()
        for _ in 0..<10 {
            talk.probes(.inconclusive("no namespace"), for: 30)
            talk.docker(.healthy, .passed)
        }
        #expect(talk.actions.count == 1)
        #expect(talk.verdict() == .well)
    }

    @Test("Docker's health from before the failures does not contradict them")
    func oldHealth() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.fails()
        _ = talk.heard()
        talk.probes(.inconclusive("no namespace"), for: 1)
        #expect(talk.heard() == [])
        #expect(talk.verdict()?.name == "unknown")
    }

    @Test("who has answered is no start any more, though it is young and can not be asked")
    func youngAndUnasked() {
        var talk = Conversation()
        let now = talk.now
        talk.runs("app") { $0.started = now }
        talk.probe(.passed)
        talk.probes(.timedOut, for: 2)
        talk.probes(.inconclusive("no namespace"), for: 2)
        #expect(
            talk.verdict() == .unknown("the probe failed and can not run any more, and Docker has not checked since"))
    }

    @Test("Docker's failing check counts, a frozen process counts after five seconds")
    func others() {
        var sick = Conversation.healthyApp()
        sick.probes(.inconclusive("no namespace"), for: 60)
        sick.docker(.unhealthy, .timedOut)
        #expect(sick.heard() == [])
        sick.wait(1)
        sick.docker(.unhealthy, .timedOut)
        // Whether it only starves would show by now, where it can be seen.
        sick.wait(2)
        #expect(sick.heard() == ["app detected unhealthy", "app restart 10s, attempt 1"])

        var frozen = Conversation.healthyApp()
        frozen.probes(.inconclusive("no namespace"), for: 1)
        frozen.examine(isStopped: true)
        frozen.look()
        frozen.wait(4.9)
        #expect(frozen.heard() == [])
        frozen.wait(0.1)
        #expect(frozen.heard() == ["app detected frozen", "app restart 1s, attempt 1"])
    }
}
