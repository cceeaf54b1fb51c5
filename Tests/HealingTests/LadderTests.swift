import Healing
import Testing

@Suite("Escalation: restart, restart, recreate, roll back, and on")
struct LadderTests {
    static let sick = ProbeResult.Outcome.answeredError(status: 500, sick: [])

    /// An app that is built here and answers errors from now on, whatever is done; until `attempts` were begun.
    static func failing(
        attempts: Int, relations: [String: Relations] = ["app": Relations(isBuilt: true)],
        _ adjust: (inout Conversation) -> Void = { _ in }
    ) -> Conversation {
        var talk = Conversation(relations: relations)
        talk.runs("app") {
            $0.isStateless = true
            $0.image = "new"
        }
        adjust(&talk)
        talk.examine()
        while talk.actions.count < attempts, talk.now < Moment(.seconds(3_600)) {
            let count = talk.actions.count
            talk.probes(Self.sick, for: 1)
            guard talk.actions.count > count, let action = talk.actions.last, talk.actions.count < attempts else {
                continue
            }
            switch action.kind {
            case .restart, .start: talk.succeeds()
            case .recreate: talk.isReplaced(by: "app-again-\(count)")
            case .rollBack(let image, _): talk.isReplaced(by: "app-old-\(count)", image: image)
            }
            talk.examine()
        }
        return talk
    }

    @Test("each rung follows when the one before did not help, and a person is asked for once")
    func rungs() {
        let talk = Self.failing(attempts: 7)
        #expect(
            talk.actions.map(\.kind.name) == [
                "restart", "restart", "recreate", "restart", "restart", "restart", "restart",
            ])
        let asked = talk.journal.filter { if case .personNeeded = $0.0.event { true } else { false } }
        #expect(asked.count == 1)
    }

    /// Its image and an older one; `old` was seen to be well.
    static func withOldImage(_ talk: inout Conversation) {
        talk.becomes { $0.image = "old" }
        talk.probes(.passed, for: 40)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 1)
        talk.beginsRun(container: "app-new")
        talk.becomes { $0.image = "new" }
        // A deploy: nobody's crash.
        talk.docker(.starting, .failed)
    }

    @Test("an image that was never well is rolled back to the last one that was, after a recreate did not help")
    func rollBack() {
        let talk = Self.failing(attempts: 5, Self.withOldImage)
        #expect(talk.actions.map(\.kind.name) == ["restart", "restart", "recreate", "rollback", "restart"])
        guard case .rollBack("old", _) = talk.actions[3].kind else {
            Issue.record("\(talk.actions[3].kind)")
            return
        }
    }

    @Test("an image that was once well is not rolled back", arguments: [true, false])
    func onceWell(isBuilt: Bool) {
        var talk = Conversation(relations: ["app": Relations(isBuilt: isBuilt)])
        talk.runs("app") {
            $0.isStateless = true
            $0.image = "old"
        }
        talk.probes(.passed, for: 40)
        talk.docker(.healthy, .passed)
        talk.becomes { $0.image = isBuilt ? "old" : "new" }
        while talk.actions.count < 5, talk.now < Moment(.seconds(600)) {
            let count = talk.actions.count
            talk.probes(Self.sick, for: 1)
            if talk.actions.count > count { talk.succeeds() }
        }
        #expect(talk.actions.count == 5)
        #expect(!talk.actions.contains { $0.kind.name == "rollback" })
    }

    @Test("what was not built here is never rolled back")
    func pulled() {
        let talk = Self.failing(attempts: 5, relations: [:], Self.withOldImage)
        #expect(talk.actions.count == 5)
        #expect(!talk.actions.contains { $0.kind.name == "rollback" })
    }

    @Test("of the images that were well, the latest is rolled back to")
    func latestOfAll() {
        let talk = Self.failing(attempts: 4) {
            Self.withOldImage(&$0)
            $0.isReplaced(by: "app-2", image: "newer")
            $0.probes(.passed, for: 40)
            $0.docker(.healthy, .passed)
            $0.isReplaced(by: "app-3", image: "bad")
        }
        guard case .rollBack("newer", _) = talk.actions.last?.kind else {
            Issue.record("\(talk.actions)")
            return
        }
    }

    @Test("what keeps something is never rolled back")
    func stateful() {
        let talk = Self.failing(attempts: 5) {
            Self.withOldImage(&$0)
            $0.becomes { $0.isStateless = false }
        }
        #expect(!talk.actions.contains { $0.kind.name == "rollback" })
    }

    @Test("an image is called verified once, by a good probe and Docker, and is known after a take-over")
    func verified() {
        var talk = Conversation(relations: ["app": Relations(isBuilt: true)])
        talk.runs("app") { $0.image = "sha256:1" }
        talk.probes(.passed, for: 5)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 60)
        #expect(talk.heard() == ["app image_verified sha256:1"])
        talk.restoreFromJournal()
        talk.look()
        talk.probes(.passed, for: 60)
        talk.docker(.healthy, .passed)
        #expect(talk.heard() == [])
    }

    @Test("the rung that helped is the first one next time, also after a take-over", arguments: [false, true])
    func remembered(isTakenOver: Bool) {
        var talk = Self.failing(attempts: 3)
        talk.isReplaced(by: "app-again")
        talk.probes(.passed, for: 10)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 700)
        talk.docker(.healthy, .passed)
        if isTakenOver {
            talk.restoreFromJournal()
            talk.look()
            talk.examine()
            talk.probes(.passed, for: 1)
        }
        _ = talk.heard()
        talk.probes(Self.sick, for: 7)
        #expect(talk.heard() == ["app detected answers_error", "app recreate 10s, attempt 1"])
        talk.isReplaced(by: "app-third")
        talk.probes(.passed, for: 10)
        talk.docker(.healthy, .passed)
        talk.probes(.passed, for: 700)
        _ = talk.heard()
        // Another cause begins at the bottom.
        talk.probes(.timedOut, for: 7)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("replicas are not made anew: Compose would replace all of them")
    func replicas() {
        let second = ServiceID("app", replica: 2)
        var talk = Conversation()
        talk.runs("app", replica: 2)
        talk.probe(.passed, second)
        talk.runs("app")
        while talk.actions.count < 5, talk.now < Moment(.seconds(600)) {
            let count = talk.actions.count
            talk.probe(.passed, second)
            talk.probes(Self.sick, for: 1)
            if talk.actions.count > count { talk.succeeds() }
        }
        #expect(talk.actions.map(\.kind.name) == Array(repeating: "restart", count: 5))
    }

    @Test("a container that a recreate of ours left away is made anew, by whoever takes over")
    func brokenOff() {
        var talk = Self.failing(attempts: 3)
        talk.containers[Conversation.app] = nil
        talk.look()
        talk.restoreFromJournal()
        for _ in 0..<60 {
            talk.wait(1)
            talk.look()
        }
        #expect(talk.heard().filter { $0.contains("recreate") }.count >= 1)
    }

    @Test("a container that a person removed is not made anew")
    func removed() {
        var talk = Conversation.healthyApp()
        talk.killed()
        talk.died(code: 137)
        talk.containers[Conversation.app] = nil
        talk.look()
        talk.wait(600)
        #expect(talk.actions.isEmpty)
    }
}
